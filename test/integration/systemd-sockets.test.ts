/** Promise: sockets that systemd has opened reach the app's servers, and nobody is refused while the fleet behind them is exchanged. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts } from "../helpers/free-ports.js";
import { holdfast, ROOT } from "../helpers/holdfast-command.js";
import { get, getFromPath } from "../helpers/http-client.js";
import { NODE_VERSIONS } from "../helpers/node-matrix.js";
import { SocketKeeper } from "../helpers/passed-sockets.js";
import { childrenOf, isRunning } from "../helpers/processes.js";
import { temporaryDirectory } from "../helpers/temporary.js";

type Answer = { where: string; slot: string; left: string[]; address: string | { port: number } };

let directory: ReturnType<typeof temporaryDirectory>;
let keeper: SocketKeeper | undefined;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await keeper?.close();
  keeper = undefined;
  directory.remove();
});

async function open(...specs: string[]): Promise<SocketKeeper> {
  keeper = await SocketKeeper.open(specs, directory.path);
  return keeper;
}

const ask = async (address: number | string | undefined): Promise<Answer> =>
  JSON.parse(
    typeof address === "string" ? await getFromPath(address, "/") : await get(`http://127.0.0.1:${address}/`),
  ) as Answer;

const path = (name: string): string => join(directory.path, name);

/** Inodes of the sockets that a process has open. */
function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
    return inode === undefined ? [] : [inode];
  });
}

describe("the app's first server that speaks HTTP", () => {
  it("gets the first socket, whatever port it asks for, and no worker has anything of the others", async () => {
    const all = await open("tcp", `unix:${path("other.sock")}`);
    await all.start({ args: ["--min-uptime", "100ms"] });
    expect(await all.says(/^holdfast ready .*$/m)).toContain(`port=${all.addresses[0]} workers=2`);
    const answer = await ask(all.addresses[0]);
    expect(answer).toMatchObject({ where: "3000", left: [], address: { port: all.addresses[0] } });
    const [, unused] = [3, 4].map((fd) => /\d+/.exec(readlinkSync(`/proc/${all.pid}/fd/${fd}`))?.[0]);
    const workers = childrenOf(all.pid);
    expect(workers).toHaveLength(2);
    expect(socketsOf(all.pid)).toContain(unused);
    for (const pid of workers) expect(socketsOf(pid)).not.toContain(unused);
    const warning = await all.says(/^holdfast a socket of LISTEN_FDS has no server.*$/m);
    expect(warning).toContain(`${path("other.sock")} (descriptor 4, "chat.socket")`);
  });

  it("gets a Unix socket too, which is still there when the fleet is gone", async () => {
    const all = await open(`unix:${path("chat.sock")}`);
    const before = statSync(path("chat.sock"));
    await all.start();
    expect(await all.says(/^holdfast ready .*$/m)).toContain(`path=${path("chat.sock")} workers=2`);
    expect(await ask(path("chat.sock"))).toMatchObject({ where: "3000", address: path("chat.sock") });
    expect(await all.stop()).toBe(0);
    const after = statSync(path("chat.sock"));
    expect([after.ino, after.mode]).toEqual([before.ino, before.mode]);
    expect(existsSync(path("chat.sock.holdfast"))).toBe(false);
  });

  it("may remove the socket's file before it listens and when it ends, as apps do", async () => {
    const all = await open(`unix:${path("chat.sock")}`);
    const { ino } = statSync(path("chat.sock"));
    await all.start({ env: { SERVERS: `remove:${path("chat.sock")}` } });
    await all.ready();
    expect((await ask(path("chat.sock"))).address).toBe(path("chat.sock"));
    expect(statSync(path("chat.sock")).ino).toBe(ino);
    expect(await all.stop()).toBe(0);
    expect(statSync(path("chat.sock")).ino).toBe(ino);
    expect(readdirSync(directory.path)).not.toContain("chat.sock.holdfast");
  });
});

describe("several servers", () => {
  it("get the sockets that listen where they ask, or are named after it", async () => {
    const all = await open("tcp", `unix:${path("admin.sock")}`, "tcp", "tcp");
    const [first, admin, named, last] = all.addresses;
    await all.start({
      names: ["http", "http", "9999", "http"],
      // The first finds nothing of its own and takes the first; the others are found by path, by name and by port.
      env: { SERVERS: `3000 ${path("admin.sock")} 9999 ${last}` },
      args: ["--min-uptime", "100ms"],
    });
    await all.ready();
    const answers = await Promise.all([first, admin, named, last].map(ask));
    expect(answers.map(({ where }) => where)).toEqual(["3000", path("admin.sock"), "9999", `${last}`]);
    expect(all.output).not.toContain("LISTEN_FDS");
  });

  it("of --listen ports: each slot gets the socket of its port", async () => {
    const all = await open("tcp", "tcp");
    // Two ports in a row cannot be had from the system: the second is given by its name.
    const first = Number(all.addresses[0]);
    await all.start({ args: ["--listen", `ports:${first}`], names: ["http", `${first + 1}`] });
    await all.ready();
    expect((await ask(all.addresses[0])).slot).toBe("0");
    expect((await ask(all.addresses[1])).slot).toBe("1");
  });

  it("of --listen pipes: each slot gets the socket of its path, through a reload and a killed worker", async () => {
    const all = await open(`unix:${path("0.sock")}`, `unix:${path("1.sock")}`);
    await all.start({ args: ["--listen", `pipes:${directory.path}`, "--restart-delay", "10ms"] });
    await all.ready();
    const slots = async (): Promise<string[]> =>
      Promise.all(["0.sock", "1.sock"].map(async (name) => (await ask(path(name))).slot));
    expect(await slots()).toEqual(["0", "1"]);
    const { code } = await holdfast(["reload", "--name", "passed"], { runtime: directory.path });
    expect(code).toBe(0);
    expect(await slots()).toEqual(["0", "1"]);
    for (const pid of childrenOf(all.pid)) process.kill(pid, "SIGKILL");
    // They wait in the kernel's queue until somebody is there.
    expect(await slots()).toEqual(["0", "1"]);
  });
});

describe.each(NODE_VERSIONS)("on $name", ({ path: node }) => {
  it("TCP and Unix sockets that were passed are served, by the next worker too", async () => {
    const all = await open("tcp", `unix:${path("chat.sock")}`);
    const env = { SERVERS: `3000 ${path("chat.sock")}` };
    await all.start({ node, env, args: ["--restart-delay", "10ms"] });
    await all.ready();
    const [port] = all.addresses;
    for (let round = 0; round < 2; round++) {
      expect(await ask(port)).toMatchObject({ where: "3000", address: { port }, left: [] });
      expect(await ask(path("chat.sock"))).toMatchObject({ address: path("chat.sock") });
      for (const pid of childrenOf(all.pid)) process.kill(pid, "SIGKILL");
    }
  });
});

describe("while the fleet is stopped and started again", () => {
  it("nobody is refused, and everybody is answered", async () => {
    const all = await open("tcp");
    await all.start();
    await all.ready();
    let goesOn = true;
    const answers: string[] = [];
    const errors: string[] = [];
    const client = async (): Promise<void> => {
      while (goesOn) {
        await ask(all.addresses[0]).then(
          ({ slot }) => answers.push(slot),
          (error: Error) => errors.push(error.message),
        );
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let round = 0; round < 2; round++) {
      const before = answers.length;
      const workers = childrenOf(all.pid);
      expect(await all.stop()).toBe(0);
      expect(workers.filter(isRunning)).toEqual([]);
      await all.start();
      await all.ready();
      while (answers.length < before + 40 && errors.length === 0) await ask(all.addresses[0]);
    }
    goesOn = false;
    await Promise.all(clients);
    expect(errors).toEqual([]);
  });
});

describe("what is not meant for this process", () => {
  it("is left alone: LISTEN_PID is another process's", async () => {
    const all = await open("tcp");
    const [port] = await freePorts(1);
    await all.start({ env: { LISTEN_PID: "1", SERVERS: `${port}` } });
    expect(await all.says(/^holdfast ready .*$/m)).toContain(`port=${port} workers=2`);
    expect(await ask(port)).toMatchObject({ where: `${port}`, left: [] });
  });
});

describe("what is no listening stream socket", () => {
  it.each([
    ["udp", /"chat\.socket"\) that was passed with LISTEN_FDS is no stream socket\./],
    ["connected", /is a socket that does not listen\./],
    ["file", /is no socket but \//],
    // Not open when it was started, and by now something of Node's own.
    ["closed", /is no socket but |is not open\./],
    ["unix-bound", /is a socket that does not listen\./],
    ["seqpacket", /is a Unix socket of another kind than stream\./],
  ])("%s: one sentence, exit code 2", async (kind, sentence) => {
    const all = await open("tcp", kind.includes("-") || kind === "seqpacket" ? `${kind}:${path("x")}` : kind);
    await all.start();
    expect(await all.ended).toBe(2);
    expect(all.output).toMatch(sentence);
    expect(all.output.trim().split("\n")).toHaveLength(1);
    expect(all.output).toContain("ERR_LISTEN_FDS");
  });

  it("nor are names that do not fit the number", async () => {
    const all = await open("tcp");
    await all.start({ names: ["a", "b"] });
    expect(await all.ended).toBe(2);
    expect(all.output).toContain("LISTEN_FDNAMES has 2 names, but LISTEN_FDS says 1 sockets.");
  });
});

describe("systemd-socket-activate", () => {
  it("starts the fleet with the first connection, which is answered", async () => {
    const [port] = await freePorts(1);
    const command = [
      process.execPath,
      join(ROOT, "dist/cli/main.js"),
      "start",
      "test/fixtures/systemd/servers.mjs",
    ];
    const args = [
      "-l",
      `127.0.0.1:${port}`,
      "--fdname=http",
      `-EHOLDFAST_RUNTIME_DIR=${directory.path}`,
      ...command,
      "-w",
      "2",
    ];
    const activator = spawn("systemd-socket-activate", args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [activator.stdout, activator.stderr])
      stream.setEncoding("utf8").on("data", (text) => (said += text));
    const ended = once(activator, "close");
    while (!said.includes("Listening on")) await once(activator.stderr, "data");
    expect(await ask(port)).toMatchObject({ where: "3000", left: [], address: { port } });
    // It has become the primary.
    while (!said.includes(`port=${port} workers=2`)) await once(activator.stdout, "data");
    activator.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
