/** `holdfast start`: what the app is given, what is printed, and how a start that fails ends. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FleetProcess, holdfast, ROOT, runtimeFolder, startFleet } from "../helpers/holdfast-command.js";

const APPS = join(ROOT, "test", "fixtures", "cli");

let runtime: ReturnType<typeof runtimeFolder>;
let fleet: FleetProcess | undefined;

beforeEach(() => {
  runtime = runtimeFolder();
});

afterEach(async () => {
  await fleet?.stop();
  fleet = undefined;
  runtime.remove();
});

type Options = { env?: Record<string, string>; cwd?: string };

async function start(args: string[], options: Options = {}): Promise<FleetProcess> {
  fleet = await startFleet(args, { runtime: runtime.path, ...options });
  return fleet;
}

const run = (args: string[], options: Options = {}) => holdfast(args, { runtime: runtime.path, ...options });

const told = async ({ url }: FleetProcess): Promise<Record<string, unknown>> =>
  (await (await fetch(url)).json()) as Record<string, unknown>;

test("the ready line names fleet, port, workers and pid", async () => {
  const { stdout, port, pid } = await start([join(APPS, "echo.js"), "-w", "2", "-p", "0"]);
  expect(port).toBeGreaterThan(0);
  expect(stdout()).toMatch(
    new RegExp(`^holdfast ready name=cli-echo port=${port} workers=2 pid=${pid} in \\d+ ms$`, "m"),
  );
});

test("with --log json the ready line is an object with the same fields", async () => {
  const { stdout, port, pid } = await start([join(APPS, "echo.js"), "-w", "1", "-p", "0", "--log", "json"]);
  const line =
    stdout()
      .split("\n")
      .find((text) => text.includes('"ready"')) ?? "";
  expect(JSON.parse(line)).toMatchObject({
    event: "ready",
    name: "cli-echo",
    port,
    workers: 1,
    pid,
    ms: expect.any(Number),
  });
});

test("the app gets its arguments, its folder, node's arguments, PORT and its slot", async () => {
  const args = ["echo.js", "--cwd", APPS, "-w", "1", "-p", "0", "--host", "127.0.0.1"];
  const given = await told(await start([...args, "--node-args", "--no-warnings", "--", "--colour", "red"]));
  expect(given).toMatchObject({
    args: ["--colour", "red"],
    folder: APPS,
    port: "0",
    host: "127.0.0.1",
    slot: "0",
  });
  expect(given.execArgv).toContain("--no-warnings");
});

test("without --port the app listens where PORT tells it", async () => {
  const first = await start([join(APPS, "echo.js"), "-w", "1", "-p", "0"]);
  const { port } = first;
  await first.stop();
  const second = await start([join(APPS, "echo.js"), "-w", "1"], { env: { PORT: String(port) } });
  expect(second.port).toBe(port);
});

test("HOLDFAST_ variables are twins of the flags, and the file stands behind both", async () => {
  writeFileSync(
    join(runtime.path, "chat.json"),
    JSON.stringify({ workers: 3, name: "filed", port: 0, log: "json" }),
  );
  const env = { HOLDFAST_WORKERS: "2", HOLDFAST_CONFIG: join(runtime.path, "chat.json") };
  const { stdout } = await start([join(APPS, "echo.js"), "--log", "pretty"], { env });
  expect(stdout()).toMatch(/^holdfast ready name=filed port=\d+ workers=2 /m);
});

test("a config file in TypeScript may use defineConfig from the package", async () => {
  const file = join(ROOT, "test", "fixtures", "typescript", "holdfast.config.ts");
  const { stdout } = await start([join(APPS, "echo.js"), "--config", file]);
  expect(stdout()).toMatch(/^holdfast ready name=from-typescript port=\d+ workers=1 /m);
});

test("with --wait-ready the fleet is ready when the app says so, not when it listens", async () => {
  let over = false;
  const starting = start([join(APPS, "says-ready.js"), "-w", "1", "--wait-ready"]).finally(() => {
    over = true;
  });
  const tooEarly = starting.then(() => Promise.reject(new Error("ready before the app said so")));
  const running = await Promise.race([untilListening(() => over), tooEarly]);
  expect(running?.state).toBe("starting");
  await fetch(`http://127.0.0.1:${running?.port}`);
  expect((await starting).stdout()).toContain("holdfast ready");
});

/** Asks for the status until the app listens, or it is over. */
async function untilListening(isOver: () => boolean): Promise<{ state: string; port: number } | undefined> {
  while (!isOver()) {
    const { code, stdout } = await run(["status", "--json"]);
    if (code !== 0) continue;
    const { state, listening } = JSON.parse(stdout) as { state: string; listening: { port: number }[] };
    if (listening[0] !== undefined) return { state, port: listening[0].port };
  }
  return undefined;
}

test.each([
  ["a wrong flag", ["start", "app.js", "--prot", "1"], 2, 'Unknown option "--prot". Did you mean --port?'],
  [
    "a wrong value",
    ["start", join(APPS, "echo.js"), "-w", "none"],
    2,
    '--workers must be a whole number from 1 to 1296, a share such as "50%", or "auto", but is "none".',
  ],
  [
    "a wrong fleet name",
    ["start", join(APPS, "echo.js"), "--name", "a b"],
    2,
    'The fleet name "a b" cannot be used:',
  ],
  [
    "a file that is not there",
    ["start", "no/app.ts"],
    4,
    "The app no/app.ts could not be loaded: there is no file ",
  ],
  [
    "an admin endpoint without a port",
    ["start", join(APPS, "echo.js"), "--admin", "localhost"],
    2,
    "--admin must be a port from 1 to 65535",
  ],
  [
    "workers twice",
    ["start", join(APPS, "echo.js"), "-w", "1", "-i", "2"],
    2,
    "--workers and --instances mean the same:",
  ],
  [
    "a socket for all and one for each",
    ["start", join(APPS, "echo.js"), "--port", "3000", "--listen", "ports:4000"],
    2,
    "--port and --listen exclude each other:",
  ],
  [
    "a wrong word",
    ["start", join(APPS, "echo.js"), "--listen", "4000"],
    2,
    '--listen must be "ports:" with the first port from 1 to 65535, or "pipes:" with a folder for Unix sockets, but is "4000".',
  ],
  [
    "a range past the last port",
    ["start", join(APPS, "echo.js"), "--listen", "ports:65530", "-w", "70"],
    2,
    "--listen ports:65530 has no room for 70 workers: the port of slot 69 would be 65599,",
  ],
  [
    "a fleet of 70,000 slots",
    ["start", join(APPS, "echo.js"), "--listen", "ports:4000", "-w", "70000"],
    2,
    "--workers must be a whole number from 1 to 1296",
  ],
  [
    "a folder that cannot be made",
    ["start", join(APPS, "echo.js"), "--listen", `pipes:${join(APPS, "echo.js", "sockets")}`],
    2,
    `The folder of --listen pipes:${join(APPS, "echo.js", "sockets")} cannot be made or written to: ENOTDIR`,
  ],
])("%s ends in one sentence", async (_what, args, code, sentence) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toMatch(/^holdfast: [^\n]+\n$/);
  expect(ended.stderr).toContain(sentence);
});

test("an app that throws before it listens ends in 3, with the app's own error", async () => {
  const { code, stderr } = await run(["start", join(APPS, "throws.js"), "-w", "1", "--max-failures", "2"]);
  expect(code).toBe(3);
  expect(stderr).toContain("the database is not there");
});

test("an app whose import is missing ends in 4, and is not started again and again", async () => {
  const { code, stderr } = await run(["start", join(APPS, "broken-import.js"), "-w", "1"]);
  expect(code).toBe(4);
  expect(stderr).toContain("a-package-that-nobody-has");
  expect(stderr.match(/code: 'ERR_MODULE_NOT_FOUND'/g)?.length).toBe(1);
});
