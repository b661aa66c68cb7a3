/** What `holdfast reload`, `scale` and `logs` show, against a control socket whose fleet does as the test says. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeProgress } from "../../src/protocol/status.js";
import { holdfast, ROOT, runtimeFolder } from "../helpers/holdfast-command.js";
import { ScriptedPrimary } from "../helpers/scripted-primary.js";

let runtime: ReturnType<typeof runtimeFolder>;
let primary: ScriptedPrimary;
const children: ChildProcess[] = [];

beforeEach(async () => {
  runtime = runtimeFolder();
  primary = new ScriptedPrimary(runtime.path, "shop");
  await primary.listen();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await primary.close();
  runtime.remove();
});

const run = (...args: string[]) => holdfast(args, { runtime: runtime.path });

/** A command whose output is read while it runs. */
function command(...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, "dist/cli/main.js"), ...args], {
    env: { ...process.env, HOLDFAST_RUNTIME_DIR: runtime.path, HOLDFAST_NAME: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const read = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (read.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (read.stderr += chunk));
  const until = async (stream: "stdout" | "stderr", words: string): Promise<void> => {
    while (!read[stream].includes(words)) await once(child[stream], "data");
  };
  return { child, read, until, ended: once(child, "close") as Promise<[number | null]> };
}

function progress(part: Partial<ChangeProgress>): ChangeProgress {
  const none = { slots: 2, done: 0, now: [], moved: 0, closed: 0, stayed: {}, longestPause: 0, ms: 100 };
  return { what: "reload", generation: 3, ...none, ...part };
}

const STARTING = progress({ now: [{ slot: 0, phase: "starting", moved: 0, left: 0 }] });
const HANDING = progress({ now: [{ slot: 0, phase: "handing-over", moved: 40, left: 60 }] });
const DONE = progress({ done: 2, moved: 5002, closed: 2, stayed: { tls: 2 }, longestPause: 83.7, ms: 900 });

describe("holdfast reload", () => {
  it("shows each step while it goes on, and a summary at the end", async () => {
    const { read, until, ended } = command("reload", "--parallel", "2");
    await primary.begun();
    primary.change = STARTING;
    await until("stderr", "slot 0 starting\n");
    primary.change = HANDING;
    await until("stderr", "slot 0 handing over 40 of 100 sessions\n");
    primary.lastChange = DONE;
    primary.finish(null, ['The setting "port" has another value now.']);
    expect((await ended)[0]).toBe(0);
    expect(primary.asked).toEqual([{ what: "reload", parallel: 2 }]);
    expect(read.stderr).toContain('holdfast: The setting "port" has another value now.\n');
    expect(read.stdout).toMatch(
      /^2 workers reloaded, 5,002 sessions moved, 2 dropped, longest pause 84 ms \(shop, generation 3, \S+( \w+)?\)\n2 sessions were told to reconnect: 2 with TLS in the app, whose keys cannot change process\.\n$/,
    );
  });

  it("with --json prints an object a line: progress, then the result", async () => {
    const { read, until, ended } = command("reload", "--json");
    await primary.begun();
    primary.change = HANDING;
    await until("stdout", "\n");
    primary.lastChange = DONE;
    primary.finish(null);
    expect((await ended)[0]).toBe(0);
    expect(read.stderr).toBe("");
    const lines = read.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { progress: HANDING },
      {
        schemaVersion: 1,
        reloaded: "shop",
        generation: 3,
        ms: expect.any(Number),
        change: DONE,
        warnings: [],
      },
    ]);
  });

  it("that fails midway ends with the reason: in words, or with --json as the last line", async () => {
    const refusal = { code: "ERR_RELOAD_FAILED", message: "The new worker of slot 1 was not ready." };
    const { read, until, ended } = command("reload", "--json");
    await primary.begun();
    primary.change = STARTING;
    await until("stdout", "\n");
    primary.finish(refusal);
    expect((await ended)[0]).toBe(1);
    expect(JSON.parse(read.stdout.trimEnd().split("\n").at(-1) ?? "")).toEqual({
      schemaVersion: 1,
      error: refusal,
    });
  });

  it.each([
    ["ERR_CONFIG_FILE", true, 2],
    ["ERR_APP_LOAD", undefined, 4],
    ["ERR_RELOAD_IN_PROGRESS", undefined, 1],
  ] as const)(
    "refused with %s ends in the exit code that start would have",
    async (code, usage, exitCode) => {
      const running = run("reload");
      await primary.begun();
      primary.finish({ code, message: "Not so.", ...(usage && { usage }) });
      const { code: ended, stderr } = await running;
      expect(stderr).toBe(`holdfast: Not so. (${code}: docs/errors.md#${code.toLowerCase()})\n`);
      expect(ended).toBe(exitCode);
    },
  );

  it("interrupted says that the reload goes on, and it does", async () => {
    const { child, read, ended, until } = command("reload");
    await primary.begun();
    primary.change = STARTING;
    await until("stderr", "starting");
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(130);
    expect(read.stderr).toContain(
      'holdfast: The reload goes on without this command; "holdfast status --name shop" shows how far it is.\n',
    );
    const { stdout } = await run("status", "--json");
    expect(JSON.parse(stdout).change).toEqual(STARTING);
  });

  it("with --update-env sends the variables of its environment, and else none", async () => {
    const env = { NEW_FLAG: "on", LARGE: "x".repeat(100_000) };
    const running = holdfast(["reload", "--update-env"], { runtime: runtime.path, env });
    await primary.begun();
    primary.finish(null);
    expect((await running).code).toBe(0);
    expect(primary.asked).toEqual([{ what: "reload", env: expect.objectContaining(env) }]);
  });

  it.each(["0", "1297", "two"])("refuses --parallel %s before it asks anybody", async (written) => {
    const { code, stderr } = await run("reload", "--parallel", written);
    expect(code).toBe(2);
    expect(stderr).toContain(`--parallel must be a whole number from 1 to 1296, but is "${written}"`);
    expect(primary.asked).toEqual([]);
  });
});

describe("holdfast scale", () => {
  it("asks for --rebalance, and says how many sessions moved", async () => {
    const running = run("scale", "2", "--rebalance");
    await primary.begun();
    primary.lastChange = progress({ ...DONE, what: "scale" });
    primary.finish(null);
    const { code, stdout } = await running;
    expect(primary.asked).toEqual([{ what: "scale", workers: 2, rebalance: true }]);
    expect(stdout).toBe(
      "Scaled the fleet shop to 2 workers. 5,002 sessions moved, longest pause 84 ms. 2 sessions were told to reconnect: 2 with TLS in the app, whose keys cannot change process.\n",
    );
    expect(code).toBe(0);
  });
});

/** Asks as curl would. */
async function ask(
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; lines: object[] }> {
  const headers = { accept: "application/x-ndjson", ...(body && { "content-length": body.length }) };
  const asked = request({ socketPath: primary.socket, method, path, headers, agent: false });
  asked.end(body);
  const [response] = await once(asked, "response");
  const lines = (await text(response)).trimEnd().split("\n");
  return { status: response.statusCode, lines: lines.map((line) => JSON.parse(line)) };
}

describe("the control socket", () => {
  it("says nothing twice while nothing changes, whatever time passes", async () => {
    const answer = ask("POST", "/reload");
    await primary.begun();
    primary.change = STARTING;
    for (let look = 0; look < 4; look++) {
      await primary.looked();
      primary.change = { ...STARTING, ms: look };
    }
    primary.finish(null);
    const { lines } = await answer;
    expect(lines.filter((line) => "progress" in line)).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ done: { name: "shop", warnings: [] } });
  });

  it("answers a refusal before any progress with its status, also where lines were asked for", async () => {
    const answer = ask("POST", "/scale", '{"workers":2}');
    await primary.begun();
    primary.finish({ code: "ERR_STOPPING", message: "The fleet is stopping." });
    expect(await answer).toEqual({
      status: 409,
      lines: [{ error: { code: "ERR_STOPPING", message: "The fleet is stopping." } }],
    });
  });

  it.each([
    ["/reload", "{"],
    ["/reload", '{"parallel":0}'],
    ["/reload", '{"paralel":2}'],
    ["/reload", '{"env":{"A":1}}'],
    ["/scale", '{"workers":2,"rebalance":"yes"}'],
  ])("refuses POST %s %s, and nothing is begun", async (path, body) => {
    const { status, lines } = await ask("POST", path, body);
    expect(status).toBe(400);
    expect(lines).toEqual([{ error: { code: "ERR_CONTROL_BODY", message: expect.stringMatching(/\.$/) } }]);
    expect(primary.asked).toEqual([]);
  });
});

describe("a primary of an earlier version, or one that dies", () => {
  const sockets = new Set<Socket>();
  /** Answers /status, then what it is told for anything else. */
  async function replaced(answer: (socket: Socket) => void): Promise<() => Promise<void>> {
    const status = (await ask("GET", "/status")).lines[0];
    await primary.close();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket
        .on("error", () => {})
        .once("data", (chunk) => {
          if (!String(chunk).startsWith("GET /status")) return answer(socket);
          const body = JSON.stringify(status);
          socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
        });
    });
    await once(server.listen(primary.socket), "listening");
    return async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
  }

  it("in the middle of a reload ends the command with one sentence and 1", async () => {
    const close = await replaced((socket) => {
      const line = `${JSON.stringify({ progress: STARTING })}\n`;
      const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
      socket.write(`${head}${line.length.toString(16)}\r\n${line}\r\n`, () => socket.destroy());
    });
    const { code, stderr, stdout } = await run("reload");
    await close();
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(
      `holdfast: The primary of the fleet shop (pid ${process.pid}) ended before the reload did. Its workers drain and exit by themselves; start the fleet again. (ERR_PRIMARY_GONE: docs/errors.md#err_primary_gone)\n`,
    );
  });

  it("that knows no progress is understood all the same", async () => {
    const body = JSON.stringify({
      ...((await ask("GET", "/status")).lines[0] as object),
      lastChange: undefined,
    });
    const close = await replaced((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
    const { code, stdout } = await run("reload");
    await close();
    expect(stdout).toMatch(/^2 workers reloaded \(shop, generation 3, /);
    expect(code).toBe(0);
  });
});

describe("holdfast logs", () => {
  const print = (line: string, slot: number | null = 0): void =>
    primary.logs.add({
      slot,
      generation: 1,
      stream: slot === null ? "log" : "stderr",
      line: Buffer.from(line),
    });

  it("--follow prints what was printed before and each line from then on, until the fleet ends", async () => {
    print("holdfast ready", null);
    print("before");
    const { until, ended, read } = command("logs", "--follow");
    await until("stdout", "before");
    print("from another", 1);
    print("then");
    await until("stdout", "then");
    await primary.close();
    expect((await ended)[0]).toBe(0);
    expect(read.stdout).toBe("holdfast ready\n0 | before\n1 | from another\n0 | then\n");
    expect(read.stderr).toBe("holdfast: The fleet shop has ended.\n");
  });

  it("of one slot, so many lines, as JSON", async () => {
    for (const line of ["a", "b", "c"]) print(line, 1);
    print("other", 0);
    const { stdout } = await run("logs", "--slot", "1", "--lines", "2", "--json");
    const line = { time: expect.any(Number), slot: 1, generation: 1, stream: "stderr" };
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((text) => JSON.parse(text)),
    ).toEqual([
      { ...line, text: "b" },
      { ...line, text: "c" },
    ]);
  });

  it("leaves a reader that does not keep up, and tells it so", async () => {
    const asked = request({ socketPath: primary.socket, path: "/logs?follow=1", agent: false }).end();
    const [response] = await once(asked, "response");
    response.pause();
    for (let line = 0; line < 1000; line++) print(`${line} ${"x".repeat(10_000)}`);
    const lines = (await text(response))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ error: { code: "ERR_LOGS_SLOW" } });
    expect(lines.length).toBeLessThan(1000);
    expect(lines[0].text).toMatch(/^0 x/);
  });

  it.each([
    ["--slot", "1296"],
    ["--lines", "-1"],
  ])("refuses %s %s", async (flag, value) => {
    const { code, stderr } = await run("logs", flag, value);
    expect(code).toBe(2);
    expect(stderr).toContain(`${flag} must be a whole number from 0 to `);
  });
});
