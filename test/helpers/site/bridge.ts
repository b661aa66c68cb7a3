/** Test helper: a process that plays the bridge of a running fleet, and two fleets that are hosts of one site. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Fleet, startFleet } from "../fleet.js";
import { connectionTo, openSession } from "../polling-session.js";
import { RawConnection } from "../raw-connection.js";

const FIXTURE = fileURLToPath(new URL("../../fixtures/site/bridge.mjs", import.meta.url));

export type KnownHost = { host: number; token: string; address: string; port: number };
export type Tls = { cert: string; key: string; ca: string };
export type GatewayCounters = { accepted: number; open: number; refused: number };

export class Bridge {
  readonly process: ChildProcess;
  readonly host: number;
  /** What it found wrong. */
  readonly problems: string[] = [];
  port = 0;
  readonly #lines: string[] = [];
  readonly #waiting: (() => void)[] = [];

  private constructor(fleet: Fleet, host: number, secret: string, tls: Tls | undefined) {
    this.host = host;
    const directory = join(fleet.directory, fleet.name);
    const settings = JSON.stringify({ fleet: fleet.name, directory, host, secret, tls });
    this.process = spawn(process.execPath, [FIXTURE, settings], { stdio: ["pipe", "pipe", "inherit"] });
    this.process.on("close", () => this.#wake());
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      if (line.startsWith("PROBLEM ")) this.problems.push(line.slice(8));
      else this.#lines.push(line);
      this.#wake();
    });
  }

  /** @returns once its gateway listens */
  static async start(fleet: Fleet, host: number, secret = "5ec4e7", tls?: Tls): Promise<Bridge> {
    const bridge = new Bridge(fleet, host, secret, tls);
    const line = await bridge.#line("GATEWAY ");
    bridge.port = Number(line.slice("port=".length));
    return bridge;
  }

  /** This host, as it is told to others. */
  get known(): KnownHost {
    return { host: this.host, token: `life-of-${this.host}`, address: "127.0.0.1", port: this.port };
  }

  /** Tells the workers of this host which others there are. */
  async tell(...hosts: KnownHost[]): Promise<void> {
    this.process.stdin?.write(`${JSON.stringify(hosts)}\n`);
    await this.#line("TOLD");
  }

  async counters(): Promise<GatewayCounters> {
    this.process.stdin?.write("?\n");
    return JSON.parse(await this.#line("COUNTERS ")) as GatewayCounters;
  }

  /** Waits until the counters satisfy `enough`. */
  async until(enough: (counters: GatewayCounters) => boolean): Promise<GatewayCounters> {
    for (;;) {
      const counters = await this.counters();
      if (enough(counters)) return counters;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await once(this.process, "close");
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #line(beginning: string): Promise<string> {
    for (;;) {
      const at = this.#lines.findIndex((line) => line.startsWith(beginning));
      const [line] = at < 0 ? [] : this.#lines.splice(at, 1);
      if (line !== undefined) return line.slice(beginning.length);
      if (this.process.exitCode !== null) throw new Error("the bridge has ended");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Two hosts, 1 and 2, that run the same app and know each other. */
export class TwoHosts {
  readonly near: Fleet;
  readonly far: Fleet;
  nearBridge: Bridge;
  farBridge: Bridge;

  private constructor(fleets: readonly [Fleet, Fleet], bridges: readonly [Bridge, Bridge]) {
    [this.near, this.far] = fleets;
    [this.nearBridge, this.farBridge] = bridges;
  }

  /** @param workers of host 1, of host 2 @param args more arguments of each */
  static async start(
    entry: string,
    workers = [1, 2],
    args: readonly (readonly string[])[] = [],
  ): Promise<TwoHosts> {
    const fleets = await Promise.all(
      workers.map((count, index) =>
        startFleet(entry, {
          workers: count,
          args: ["--host-number", `${index + 1}`, ...(args[index] ?? [])],
        }),
      ),
    );
    const bridges = await Promise.all(fleets.map((fleet, index) => Bridge.start(fleet, index + 1)));
    const site = new TwoHosts(fleets as [Fleet, Fleet], bridges as [Bridge, Bridge]);
    await site.meet();
    return site;
  }

  /** Tells both of each other, and waits until every worker knows. */
  async meet(): Promise<void> {
    await this.nearBridge.tell(this.farBridge.known);
    await this.farBridge.tell(this.nearBridge.known);
    await Promise.all([reaches(this.near, this.far), reaches(this.far, this.near)]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.nearBridge.kill(), this.farBridge.kill()]);
    await Promise.all([this.near.stop(), this.far.stop()]);
  }
}

/** Waits until each worker of `from` brings a request to `to`. */
async function reaches(from: Fleet, to: Fleet): Promise<void> {
  const home = await RawConnection.open(to.port);
  const session = await openSession(home);
  home.destroy();
  for (const { slot } of (await from.status()).workers) {
    const away = await connectionTo(slot, () => RawConnection.open(from.port));
    // A pong, which nobody asked for, does no harm.
    await from.until(
      `slot ${slot} to know`,
      async () => (await away.post(session.target, "3")).status === 200,
    );
    away.destroy();
  }
}
