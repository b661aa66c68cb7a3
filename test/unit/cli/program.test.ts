import { afterEach, expect, test, vi } from "vitest";
import { runProgram, usageSentence } from "../../../src/cli/program.js";

afterEach(() => vi.restoreAllMocks());

test.each([
  [["strat", "app.js"], 'Unknown command "strat". Did you mean start?'],
  [["start", "app.js", "--prot", "3000"], 'Unknown option "--prot". Did you mean --port?'],
  [["start"], /^Missing required argument "entry"\. Run "holdfast --help"/],
  [["start", "app.js", "--port"], /^Option "-p, --port <port>" argument missing\. Run/],
  [["status", "--jsn"], 'Unknown option "--jsn". Did you mean --json?'],
  [["frobnicate"], /^Unknown command "frobnicate"\. Run "holdfast --help"/],
])("%j is refused with one sentence", async (argv, sentence) => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const message = typeof sentence === "string" ? sentence : expect.stringMatching(sentence);
  await expect(runProgram(argv)).rejects.toMatchObject({ name: "UsageError", code: "ERR_USAGE", message });
  expect(process.stderr.write).not.toHaveBeenCalled();
});

test("--version prints the version of the package", async () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await runProgram(["--version"])).toBe(0);
  expect(write.mock.calls.join("")).toMatch(/^\d+\.\d+\.\d+/);
});

test("--help of start names every setting with its variable", async () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await runProgram(["start", "--help"])).toBe(0);
  const help = write.mock.calls.join("").replace(/\s+/g, " ");
  for (const text of [
    "--workers <n>",
    "WEB_CONCURRENCY",
    "--drain-timeout <time>",
    "HOLDFAST_PREFIX",
    "--instances <n>",
    "--admin <address>",
  ]) {
    expect(help).toContain(text);
  }
});

test("no command at all prints the help to stderr and is wrong usage", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(await runProgram([])).toBe(2);
  expect(write.mock.calls.join("")).toContain("Usage: holdfast");
});

test("a sentence of commander becomes one of ours", () => {
  expect(usageSentence("error: unknown option '--x'\n(Did you mean one of --y, --z?)")).toBe(
    'Unknown option "--x". Did you mean one of --y, --z?',
  );
});
