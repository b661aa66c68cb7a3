import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { runProgram } from "../../../src/cli/program.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-unit-"));
  writeFileSync(join(folder, "app.mjs"), "");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const unit = (...argv: string[]): Promise<number> =>
  runProgram(["unit", "app.mjs", "--cwd", folder, "--name", "chat", "--run-as", "chat", ...argv]);

/** @returns what was printed */
async function print(...argv: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await unit(...argv)).toBe(0);
  return write.mock.calls.join("");
}

it.each([
  [["--run-as", "a b"], '--run-as must be the name of a user, but is "a b".'],
  [["--systemd-version", "new"], '--systemd-version must be a whole number from 246 to 9999, but is "new".'],
  [["--systemd-version", "200"], /from 246 to 9999, but is "200"\.$/],
  [["--env", "WORDS"], '--env must be NAME=value, but is "WORDS".'],
  [["--env", "A=one\nUser=root"], /^A unit cannot hold line feeds .* but "one\\nUser=root" has one\.$/],
  [["--socket"], /^--socket needs to know what systemd is to open: add --port 3000/],
  [["--socket", "--listen", "ports:4000"], /how many sockets systemd is to open: add --workers 4\.$/],
  [["--socket", "--port", "80", "--host", "localhost"], /write --host 127\.0\.0\.1, not --host localhost\.$/],
  [["--template", "--socket", "--port", "80"], /^--template and --socket exclude each other/],
  [["--template", "--listen", "pipes:/run/chat"], /^--template needs ports, such as --listen ports:4000/],
  [["--template", "--workers", "4", "--log", "json"], /^--workers, --log with --template has no effect/],
  [["--workers", "2", "--instances", "2"], "--workers and --instances mean the same: write one of them."],
  [["--workers", "no"], /^--workers must be .*but is "no"/],
  [["--name", "a/b"], /^The fleet name "a\/b" cannot be used/],
  [["--drain-timeout", "soon"], /^--drain-timeout must be/],
  [
    ["--redis", "redis://:hunter2@10.0.0.5:6379"],
    "--redis has a password, and everybody on this machine can read a unit: write it as HOLDFAST_REDIS_URL=… into a file that only root may read, and add --environment-file /etc/chat.env instead.",
  ],
  [
    ["--adapter", "postgres", "--adapter-url", "postgres://chat:hunter2@10.0.0.6/chat"],
    /^--adapter-url has a password, .* HOLDFAST_ADAPTER_URL=… /,
  ],
  [
    ["--redis", "redis://10.0.0.5", "--site-secret", "0123456789abcdef"],
    /^--site-secret is a secret, .* HOLDFAST_SITE_SECRET=… /,
  ],
  [["--env", "HOLDFAST_REDIS=redis://u:hunter2@10.0.0.5"], /^--env HOLDFAST_REDIS has a password, /],
  [["--env", "HOLDFAST_SITE_SECRET=0123456789abcdef"], /^--env HOLDFAST_SITE_SECRET is a secret, /],
  [["--site-listen", "7600"], /^--site-listen says nothing without --redis/],
  [["--sokcet"], /^Unknown option "--sokcet"\. Did you mean --socket\?$/],
])("%j is refused with one sentence, and nothing is written", async (argv, sentence) => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const message = typeof sentence === "string" ? sentence : expect.stringMatching(sentence);
  await expect(unit(...argv, "--out", folder)).rejects.toMatchObject({ name: "UsageError", message });
  expect(write).not.toHaveBeenCalled();
  expect(readdirSync(folder)).toEqual(["app.mjs"]);
});

it("an app that is not there is refused as by start", async () => {
  const refused = runProgram(["unit", "no.mjs", "--cwd", folder]);
  await expect(refused).rejects.toMatchObject({ code: "ERR_APP_LOAD" });
});

it("takes the flags of start, as they were written, and nothing of this shell", async () => {
  vi.stubEnv("HOLDFAST_DRAIN_TIMEOUT", "1s");
  vi.stubEnv("HOLDFAST_PORT", "1");
  const text = await print(
    "-i",
    "4",
    "--port",
    "3000",
    "--no-prefix",
    "--log",
    "json",
    "--",
    "--room",
    "a b",
  );
  expect(text).toContain(
    `/app.mjs --name chat --workers 4 --port 3000 --log json --no-prefix -- --room "a b"\n`,
  );
  expect(text).toContain("\nTimeoutStopSec=35\n");
  expect(text).toContain(`\nWorkingDirectory=${folder}\n`);
  expect(text).toContain(`\nExecStart=${process.execPath} `);
});

it("takes a server without a password, and settings of a site whose server stands in an environment file", async () => {
  expect(await print("--redis", "redis://10.0.0.5:6379")).toContain(" --redis redis://10.0.0.5:6379\n");
  vi.restoreAllMocks();
  const secret = ["--environment-file", "/etc/chat.env"];
  const text = await print("--site-listen", "7600", "--adapter", "postgres", ...secret);
  expect(text).toContain(" --site-listen 7600 --adapter postgres\n");
  expect(text).toContain("\nEnvironmentFile=/etc/chat.env\n");
  expect(text).not.toMatch(/HOLDFAST_REDIS|HOLDFAST_ADAPTER/);
});

it("reckons with what --env sets", async () => {
  expect(await print("--env", "HOLDFAST_DRAIN_TIMEOUT=2m")).toContain("\nTimeoutStopSec=130\n");
});

it("heeds the configuration file of the app's folder, which the service will read", async () => {
  writeFileSync(join(folder, "holdfast.config.json"), '{ "drainTimeout": "2m", "port": 443 }');
  const text = await print();
  expect(text).toContain("\nTimeoutStopSec=130\n");
  expect(text).toContain("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n");
});

it("--socket writes the socket of --port, or one for each slot, with the address of --host", async () => {
  expect(await print("--socket", "--port", "3000")).toContain("\nListenStream=3000\n");
  vi.restoreAllMocks();
  const slots = await print("--socket", "--listen", "ports:4000", "--workers", "2", "--host", "::1");
  expect(slots).toContain("\nListenStream=[::1]:4000\nListenStream=[::1]:4001\n");
});

it("--out writes whole files into a folder that is there", async () => {
  expect(await print("--socket", "--port", "3000", "--out", folder)).toBe(
    `Wrote ${folder}/chat.service and ${folder}/chat.socket.\n`,
  );
  expect(readdirSync(folder).sort()).toEqual(["app.mjs", "chat.service", "chat.socket"]);
  expect(readFileSync(join(folder, "chat.socket"), "utf8")).toMatch(
    /^# chat\.socket, .*\n[\s\S]*sockets\.target\n$/,
  );
  await expect(unit("--out", join(folder, "nowhere"))).rejects.toThrow(
    /^--out must be a folder that is there/,
  );
});

it("one file that cannot be written leaves the others as they were", async () => {
  // The second file cannot be written, and the first one is not put in its place.
  writeFileSync(join(folder, "chat.service"), "old");
  writeFileSync(join(folder, `chat.socket.${process.pid}.tmp`), "in the way");
  await expect(unit("--socket", "--port", "3000", "--out", folder)).rejects.toMatchObject({
    code: "ERR_UNIT_FILE",
  });
  expect(readFileSync(join(folder, "chat.service"), "utf8")).toBe("old");
  expect(existsSync(join(folder, "chat.socket"))).toBe(false);
});

it("--user is for a user's own manager", async () => {
  const text = await print("--user");
  expect(text).not.toMatch(/^User=/m);
  expect(text).toContain("\nWantedBy=default.target\n");
});
