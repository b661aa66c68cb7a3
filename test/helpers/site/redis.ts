/** Test helper: a real redis-server in a place of its own, that can be stopped, killed and started again. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { freePorts } from "../free-ports.js";
import type { Network, Place, Route } from "./network.js";

/** It is up within a second, or something is wrong. Milliseconds. */
const START_DEADLINE = 15_000;

export class TestRedis {
  readonly place: Place;
  readonly port: number;
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  private constructor(place: Place, port: number, password: string | undefined) {
    this.place = place;
    this.port = port;
    this.#password = password;
  }

  /** @param password that clients have to know; undefined: none */
  static async start(network: Network, name = "redis", password?: string): Promise<TestRedis> {
    const [port = 0] = await freePorts(1);
    const redis = new TestRedis(await network.place(name), port, password);
    await redis.start();
    return redis;
  }

  /** With nothing in it: it keeps nothing on the disk. */
  async start(): Promise<void> {
    const { address, within } = this.place;
    const security = this.#password === undefined ? [] : ["--requirepass", this.#password];
    const own = ["--port", `${this.port}`, "--bind", address, "--protected-mode", "no", ...security];
    const [program = "", ...args] = [
      ...within,
      "redis-server",
      ...own,
      ...["--save", "", "--appendonly", "no"],
    ];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const deadline = AbortSignal.timeout(START_DEADLINE);
    while (!said.includes("Ready to accept connections"))
      await once(child.stdout, "data", { signal: deadline }).catch((cause: unknown) => {
        throw new Error(`redis-server does not start:\n${said}`, { cause });
      });
  }

  /** As a host is told of it that goes this way. */
  url(route: Pick<Route, "address" | "port">): string {
    const user = this.#password === undefined ? "" : `:${this.#password}@`;
    return `redis://${user}${route.address}:${route.port}`;
  }

  /** Asks it, on a connection of the test's own. */
  async ask<Result>(question: (client: Redis) => Promise<Result>): Promise<Result> {
    const password = this.#password;
    const client = new Redis(this.port, this.place.address, { ...(password && { password }) });
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  }

  /** SIGSTOP, SIGCONT. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
}
