/** `holdfast reload` of a real fleet: what is read again, and what is refused with the running generation untouched. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FleetStatus } from "../../src/protocol/status.js";
import { AppFolder } from "../helpers/app-folder.js";
import { type FleetProcess, holdfast, ROOT, runtimeFolder, startFleet } from "../helpers/holdfast-command.js";
import { get } from "../helpers/http-client.js";

const APP = `
import { createServer } from "node:http";
const { FLAG, HOLDFAST_GENERATION: generation, BOOT = "0" } = process.env;
console.log("generation " + generation + " begins");
const seen = { FLAG, generation, execArgv: process.execArgv, mark: "first" };
const server = createServer((request, response) => response.end(JSON.stringify(seen)));
setTimeout(() => server.listen(0, "127.0.0.1"), Number(BOOT));
`;
const CONFIG = 'export default { name: "shop", workers: 2, drainTimeout: "5s" };';

let runtime: ReturnType<typeof runtimeFolder>;
let folder: AppFolder;
let fleet: FleetProcess;

async function begin(): Promise<void> {
  runtime = runtimeFolder();
  folder = new AppFolder();
  folder.write("app.mjs", APP);
  folder.write("holdfast.config.mjs", CONFIG);
  fleet = await startFleet(["app.mjs"], { runtime: runtime.path, cwd: folder.path, env: { FLAG: "old" } });
}

async function end(): Promise<void> {
  await fleet.stop();
  runtime.remove();
  folder.remove();
}

const run = (...args: string[]) => holdfast(args, { runtime: runtime.path });
const status = async (): Promise<FleetStatus> => JSON.parse((await run("status", "--json")).stdout);
const shape = ({ workers }: FleetStatus): unknown =>
  workers.map(({ slot, pid, state, restarts }) => ({ slot, pid, state, restarts }));
const seen = async (): Promise<Record<string, unknown>> => JSON.parse(await get(fleet.url));

describe("a reload reads again", () => {
  beforeAll(begin);
  afterAll(end);

  it("the configuration file: what can change does, and what cannot is named in one sentence", async () => {
    folder.write(
      "holdfast.config.mjs",
      'export default { name: "shop", workers: 3, policy: "ip-hash", nodeArgs: ["--stack-size=900"], admin: 9464 };',
    );
    const { code, stderr, stdout } = await run("reload", "--json");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const { warnings } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(warnings).toEqual([
      'The setting "admin" has another value now and keeps its old one: it takes effect with holdfast stop and start.',
      'The setting "workers" is 3 now, and the fleet keeps its 2: holdfast scale 3 changes that.',
    ]);
    const after = await status();
    expect(after).toMatchObject({ policy: "ip-hash", admin: null });
    expect(after.workers).toHaveLength(2);
    expect((await seen()).execArgv).toContain("--stack-size=900");
  });

  it("the environment of the command with --update-env, and not without", async () => {
    folder.write("holdfast.config.mjs", CONFIG);
    expect((await run("reload")).code).toBe(0);
    expect(await seen()).toMatchObject({ FLAG: "old", generation: "3" });
    const env = { FLAG: "new" };
    expect((await holdfast(["reload", "--update-env"], { runtime: runtime.path, env })).code).toBe(0);
    expect(await seen()).toMatchObject({ FLAG: "new", generation: "4" });
  });

  it("both at HUP, and refuses in the log what cannot be used", async () => {
    folder.write("holdfast.config.mjs", "export default {\n  policy: \n};");
    process.kill(fleet.pid, "SIGHUP");
    while (!fleet.stderr().includes("reload refused: holdfast.config.mjs could not be loaded")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await seen()).toMatchObject({ generation: "4" });
  });
});

describe("refused with one sentence, and the running generation is untouched:", () => {
  beforeAll(begin);
  afterAll(end);

  let before: unknown;
  beforeEach(async () => {
    before = shape(await status());
  });
  afterEach(async () => {
    folder.write("app.mjs", APP);
    folder.write("holdfast.config.mjs", CONFIG);
    const { workers } = await status();
    expect(shape({ workers } as FleetStatus)).toEqual(before);
    expect(new Set(workers.map(({ generation }) => generation))).toEqual(new Set([1]));
    expect(await seen()).toMatchObject({ generation: "1", FLAG: "old" });
  });

  const refused = async (exitCode: number, sentence: RegExp, ...args: string[]): Promise<void> => {
    const { code, stderr, stdout } = await run("reload", ...args);
    const last = stderr.trimEnd().split("\n").at(-1) ?? "";
    expect(last).toMatch(sentence);
    expect(stdout).toBe("");
    expect(code).toBe(exitCode);
    expect(stderr).not.toMatch(/^\s+at /m);
  };

  it("a configuration file that does not parse", async () => {
    folder.write("holdfast.config.mjs", 'export default {\n  name: "shop",\n  policy: ,\n};');
    await refused(
      2,
      /^holdfast: holdfast\.config\.mjs could not be loaded: Unexpected token ',' \(\/.*holdfast\.config\.mjs:3\)\. Nothing was reloaded; the fleet serves on as it was\. \(ERR_CONFIG_FILE:/,
    );
  });

  it("a setting that cannot be used", async () => {
    folder.write("holdfast.config.mjs", 'export default { name: "shop", policy: "best" };');
    await refused(2, /^holdfast: holdfast\.config\.mjs: policy must be .* but is "best"\..* \(ERR_SETTING:/);
  });

  it("a configuration file that ends the process that loads it", async () => {
    folder.write("holdfast.config.mjs", "process.exit(9);");
    await refused(1, /^holdfast: The settings could not be read again: .* code 9\..* \(ERR_SETTINGS_READ:/);
  });

  it("an app that is not there any more", async () => {
    rmSync(join(folder.path, "app.mjs"));
    await refused(4, /^holdfast: The app app\.mjs could not be loaded: there is no file .* \(ERR_APP_LOAD:/);
  });

  it("an app that does not parse, with its place", async () => {
    folder.write("app.mjs", "const a = 1;\nconst b = {;\n");
    await refused(
      4,
      /^holdfast: The reload to generation \d+ failed: .*Unexpected token ';'.*\/app\.mjs:2 \(ERR_APP_LOAD:/,
    );
  });

  it("a worker that does not get ready in time, which the configuration says anew", async () => {
    folder.write("holdfast.config.mjs", 'export default { name: "shop", workers: 2, bootTimeout: "700ms" };');
    folder.write("app.mjs", "setInterval(() => {}, 1000);");
    await refused(
      1,
      /^holdfast: The reload to generation \d+ failed: .*not ready within 700 ms.*\(ERR_RELOAD_FAILED:/,
    );
  });

  it("a fleet of another name", async () => {
    const { code, stderr } = await run("reload", "--name", "shap");
    expect(stderr).toMatch(
      /^holdfast: No fleet named "shap" is running\. Running: shop\. \(ERR_NO_FLEET:[^\n]*\n$/,
    );
    expect(code).toBe(1);
  });
});

describe("a reload that cannot be now", () => {
  beforeEach(begin);
  afterEach(end);

  it("since another runs: the second is refused, the first comes to its end", async () => {
    folder.write("app.mjs", APP.replace('BOOT = "0"', 'BOOT = "700"'));
    const first = run("reload");
    while (!fleet.stderr().includes("reload to generation 2 started")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const second = await run("reload", "--json");
    expect(second.stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(second.stdout).error.code).toBe("ERR_RELOAD_IN_PROGRESS");
    expect(second.code).toBe(1);
    expect((await first).code).toBe(0);
    expect((await status()).workers.map(({ generation }) => generation)).toEqual([2, 2]);
  });

  it("since the fleet stops: it goes on stopping", async () => {
    folder.write("holdfast.config.mjs", CONFIG.replace("}", ', shutdownDelay: "5s" }'));
    expect((await run("reload")).code).toBe(0);
    const stopped = run("stop");
    while (!fleet.stderr().includes("stopping: holdfast stop")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { code, stderr } = await run("reload");
    expect(stderr).toMatch(/^holdfast: The fleet is stopping\. .* \(ERR_STOPPING:[^\n]*\n$/);
    expect(code).toBe(1);
    process.kill(fleet.pid, "SIGTERM");
    expect((await stopped).code).toBe(0);
  });

  it("since its primary was killed, and left its socket", async () => {
    process.kill(fleet.pid, "SIGKILL");
    await fleet.ended;
    for (const command of [["reload"], ["logs"], ["scale", "3"]]) {
      const { code, stderr } = await run(...command, "--name", "shop");
      expect(stderr).toMatch(/^holdfast: No fleet named "shop" is running\. [^\n]*\n$/);
      expect(code).toBe(1);
    }
  });
});

/** Another user of this machine, for a test that runs as root. */
const OTHER = 65_534;

describe("a control socket of another user", () => {
  beforeEach(begin);
  afterEach(end);

  /** Runs a command as that user. */
  async function asOther(...args: string[]): Promise<{ code: number | null; stderr: string }> {
    const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], {
      env: { PATH: process.env.PATH, HOLDFAST_RUNTIME_DIR: runtime.path },
      uid: OTHER,
      gid: OTHER,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
    return { code, stderr };
  }

  /** A folder of root's is what any other user has at hand, and root has to become one. */
  const askForeign = (): Promise<{ code: number | null; stderr: string }> => {
    if (process.getuid?.() === 0) {
      chmodSync(runtime.path, 0o755);
      return asOther("reload", "--name", "shop");
    }
    symlinkSync("/", join(runtime.path, "roots"));
    return run("reload", "--name", "roots");
  };

  it("is not asked, with one sentence that says whose it is", async () => {
    const { code, stderr } = await askForeign();
    expect(stderr).toMatch(
      /^holdfast: The control socket \/.*\/primary\.sock belongs to user 0, and this command runs as user \d+\. [^\n]* \(ERR_CONTROL_OWNER: [^\n]*\n$/,
    );
    expect(code).toBe(1);
    const { workers } = await status();
    expect(workers.map(({ generation }) => generation)).toEqual([1, 1]);
  });
});

describe("holdfast logs", () => {
  beforeAll(begin);
  afterAll(end);

  it("shows what the workers printed, and what Holdfast said of them", async () => {
    const all = await run("logs");
    expect(all.stdout).toMatch(/^0 \| generation 1 begins$/m);
    expect(all.stdout).toMatch(/^1 \| generation 1 begins$/m);
    expect(all.stdout).toMatch(/^holdfast ready name=shop /m);
    const { stdout } = await run("logs", "--slot", "1", "--json");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(lines.map(({ slot }) => slot))).toEqual(new Set([1]));
    expect(lines.map(({ text: line }) => line)).toContain("generation 1 begins");
  });
});
