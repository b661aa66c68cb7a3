/** Test helper: a real Redis on a port and in a folder of its own; stopped by its pid. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-ports.js";
import { temporaryDirectory } from "./temporary.js";

export type RedisServer = {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  readonly folder: string;
  /** SIGSTOP: it keeps its connections and answers nobody. */
  pause(): void;
  resume(): void;
  /** SIGKILL: its data is gone. */
  kill(): Promise<void>;
  /** On the same port, without data. */
  restart(): Promise<void>;
  /** Kills it and removes its folder. */
  stop(): Promise<void>;
};

/** @param args further arguments of redis-server; `--port` is given where they do not say `--sentinel` */
export async function startRedis(
  args: readonly string[] = [],
  { port, begin = [] }: { readonly port?: number; readonly begin?: readonly string[] } = {},
): Promise<RedisServer> {
  const chosen = port ?? ((await freePorts(1))[0] as number);
  const folder = temporaryDirectory();
  const line = [
    ...begin,
    "--port",
    `${chosen}`,
    "--dir",
    folder.path,
    "--save",
    "",
    "--bind",
    "127.0.0.1",
    ...args,
  ];
  let server = await run(line, chosen);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGCONT");
    server.kill(signal);
    await exited;
  };
  return {
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    get pid() {
      return server.pid as number;
    },
    folder: folder.path,
    pause: () => server.kill("SIGSTOP"),
    resume: () => server.kill("SIGCONT"),
    kill: () => end("SIGKILL"),
    restart: async () => {
      server = await run(line, chosen);
    },
    stop: async () => {
      await end("SIGKILL");
      folder.remove();
    },
  };
}

async function run(line: readonly string[], port: number): Promise<ChildProcess> {
  const server = spawn("redis-server", line, { stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  server.stdout?.on("data", (data) => {
    words += data;
  });
  server.on("error", (error) => {
    words += error.message;
  });
  const deadline = Date.now() + 10_000;
  while (!(await listens(port))) {
    if (server.exitCode !== null || server.pid === undefined || Date.now() > deadline)
      throw new Error(`redis-server does not run: ${words}`);
    await sleep(10);
  }
  return server;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
