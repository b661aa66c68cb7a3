/** What `holdfast reload` and `scale` show, against a control socket whose fleet does as the test says. */

import { once } from "node:events";
import { request } from "node:http";
import { createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { ChangeProgress } from "../../src/protocol/status.js";
import { holdfast } from "../helpers/holdfast-command.js";
import { scriptedFleet } from "../helpers/scripted-fleet.js";

const fleet = scriptedFleet("shop");
const { run, command } = fleet;

function progress(part: Partial<ChangeProgress>): ChangeProgress {
  const none = { slots: 2, done: 0, now: [], moved: 0, closed: 0, stayed: {}, longestPause: 0, ms: 100 };
  return { what: "reload", generation: 3, ...none, ...part };
}

const STARTING = progress({ now: [{ slot: 0, phase: "starting", moved: 0, left: 0 }] });
const HANDING = progress({ now: [{ slot: 0, phase: "handing-over", moved: 40, left: 60 }] });
const DONE = progress({ done: 2, moved: 5002, closed: 2, stayed: { tls: 2 }, longestPause: 83.7, ms: 900 });

describe("holdfast reload", () => {
  it("shows each step while it goes on, and a summary at the end", async () => {
    const shown = command("reload", "--parallel", "2");
    await fleet.primary.begun();
    fleet.primary.change = STARTING;
    await shown.until("stderr", "slot 0 starting\n");
    fleet.primary.change = HANDING;
    await shown.until("stderr", "slot 0 handing over 40 of 100 sessions\n");
    fleet.primary.lastChange = DONE;
    fleet.primary.finish(null, ['The setting "port" has another value now.']);
    expect(await shown.ended).toBe(0);
    expect(fleet.primary.asked).toEqual([{ what: "reload", parallel: 2 }]);
    expect(shown.read.stderr).toContain('holdfast: The setting "port" has another value now.\n');
    expect(shown.read.stdout).toMatch(
      /^2 workers reloaded, 5,002 sessions moved, 2 dropped, longest pause 84 ms \(shop, generation 3, \S+( \w+)?\)\n2 sessions were told to reconnect: 2 with TLS in the app, whose keys cannot change process\.\n$/,
    );
  });

  it("with --json prints an object a line: progress, then the result", async () => {
    const shown = command("reload", "--json");
    await fleet.primary.begun();
    fleet.primary.change = HANDING;
    await shown.until("stdout", "\n");
    fleet.primary.lastChange = DONE;
    fleet.primary.finish(null);
    expect(await shown.ended).toBe(0);
    expect(shown.read.stderr).toBe("");
    const lines = shown.read.stdout
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
    const shown = command("reload", "--json");
    await fleet.primary.begun();
    fleet.primary.change = STARTING;
    await shown.until("stdout", "\n");
    fleet.primary.finish(refusal);
    expect(await shown.ended).toBe(1);
    expect(JSON.parse(shown.read.stdout.trimEnd().split("\n").at(-1) ?? "")).toEqual({
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
      await fleet.primary.begun();
      fleet.primary.finish({ code, message: "Not so.", ...(usage && { usage }) });
      const { code: ended, stderr } = await running;
      expect(stderr).toBe(`holdfast: Not so. (${code}: docs/errors.md#${code.toLowerCase()})\n`);
      expect(ended).toBe(exitCode);
    },
  );

  it("interrupted says that the reload goes on, and it does", async () => {
    const shown = command("reload");
    await fleet.primary.begun();
    fleet.primary.change = STARTING;
    await shown.until("stderr", "starting");
    shown.kill("SIGINT");
    expect(await shown.ended).toBe(130);
    expect(shown.read.stderr).toContain(
      'holdfast: The reload goes on without this command; "holdfast status --name shop" shows how far it is.\n',
    );
    const { stdout } = await run("status", "--json");
    expect(JSON.parse(stdout).change).toEqual(STARTING);
  });

  it("with --update-env sends the variables of its environment, and else none", async () => {
    const env = { NEW_FLAG: "on", LARGE: "x".repeat(100_000) };
    const running = holdfast(["reload", "--update-env"], { runtime: fleet.runtime, env });
    await fleet.primary.begun();
    fleet.primary.finish(null);
    expect((await running).code).toBe(0);
    expect(fleet.primary.asked).toEqual([{ what: "reload", env: expect.objectContaining(env) }]);
  });

  it.each(["0", "1297", "two"])("refuses --parallel %s before it asks anybody", async (written) => {
    const { code, stderr } = await run("reload", "--parallel", written);
    expect(code).toBe(2);
    expect(stderr).toContain(`--parallel must be a whole number from 1 to 1296, but is "${written}"`);
    expect(fleet.primary.asked).toEqual([]);
  });
});

describe("holdfast scale", () => {
  it("asks for --rebalance, and says how many sessions moved", async () => {
    const running = run("scale", "2", "--rebalance");
    await fleet.primary.begun();
    fleet.primary.lastChange = progress({ ...DONE, what: "scale" });
    fleet.primary.finish(null);
    const { code, stdout } = await running;
    expect(fleet.primary.asked).toEqual([{ what: "scale", workers: 2, rebalance: true }]);
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
  const asked = request({ socketPath: fleet.primary.socket, method, path, headers, agent: false });
  asked.end(body);
  const [response] = await once(asked, "response");
  const lines = (await text(response)).trimEnd().split("\n");
  return { status: response.statusCode, lines: lines.map((line) => JSON.parse(line)) };
}

describe("the control socket", () => {
  it("says nothing twice while nothing changes, whatever time passes", async () => {
    const answer = ask("POST", "/reload");
    await fleet.primary.begun();
    fleet.primary.change = STARTING;
    for (let look = 0; look < 4; look++) {
      await fleet.primary.looked();
      fleet.primary.change = { ...STARTING, ms: look };
    }
    fleet.primary.finish(null);
    const { lines } = await answer;
    expect(lines.filter((line) => "progress" in line)).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ done: { name: "shop", warnings: [] } });
  });

  it("answers a refusal before any progress with its status, also where lines were asked for", async () => {
    const answer = ask("POST", "/scale", '{"workers":2}');
    await fleet.primary.begun();
    fleet.primary.finish({ code: "ERR_STOPPING", message: "The fleet is stopping." });
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
    expect(fleet.primary.asked).toEqual([]);
  });
});

describe("a primary of an earlier version, or one that dies", () => {
  const sockets = new Set<Socket>();
  /** Answers /status, then what it is told for anything else. */
  async function replaced(answer: (socket: Socket) => void): Promise<() => Promise<void>> {
    const status = (await ask("GET", "/status")).lines[0];
    await fleet.primary.close();
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
    await once(server.listen(fleet.primary.socket), "listening");
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
