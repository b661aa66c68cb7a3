/** Servers: one real redis-server on loopback, that keeps nothing on the disk, and what it says of itself. */

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { Child } from "./child.js";
import { freePort } from "./free-port.js";

export function missingRedis(): string | undefined {
  return spawnSync("redis-server", ["--version"]).error === undefined
    ? undefined
    : "redis-server is not installed: `apt-get install redis-server`";
}

/** @returns such as `7.0.15`, or `not installed` */
export function redisVersion(): string {
  const { stdout } = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  return /v=(\S+)/.exec(stdout ?? "")?.[1] ?? "not installed";
}

export class RedisServer {
  readonly port: number;
  readonly child: Child;

  private constructor(port: number, child: Child) {
    this.port = port;
    this.child = child;
  }

  /** @throws with what it printed when it does not start */
  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const readyWhen = /Ready to accept connections/;
    return new RedisServer(port, await Child.start({ command: "redis-server", args, readyWhen }));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Calls of each command since the start, by its name in lower case. */
  async calls(): Promise<Readonly<Record<string, number>>> {
    const found = (await this.info("commandstats")).matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm);
    return Object.fromEntries([...found].map(([, name = "", calls]) => [name, Number(calls)]));
  }

  /** Bytes that it has read and written since the start. */
  async traffic(): Promise<{ readonly read: number; readonly written: number }> {
    const text = await this.info("stats");
    const of = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(text)?.[1]);
    return { read: of("total_net_input_bytes"), written: of("total_net_output_bytes") };
  }

  /** A section of INFO. */
  async info(section: string): Promise<string> {
    const socket = connect(this.port, "127.0.0.1");
    const ended = once(socket, "close");
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.write(`INFO ${section}\r\nQUIT\r\n`);
    await ended;
    return text;
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}
