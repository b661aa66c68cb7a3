/** Test helper: processes with `holdfast(io)`, a slot and a port each, and a real proxy in front of them. */

import { chmodSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { proxyConfiguration } from "../../src/proxy/kinds.js";
import type { Site, StickyWay } from "../../src/proxy/site.js";
import { freePorts } from "./free-ports.js";
import { get, getFromPath } from "./http-client.js";
import { LibraryProcess, libraryFolder } from "./library-processes.js";
import { RealProxy, type RealProxyKind } from "./real-proxy.js";

/** Short, so that a test sees two heartbeats; the timeouts of the proxy follow it. Milliseconds. */
const PING_INTERVAL = 600;

export type ProxiedFleetOptions = {
  readonly kind: RealProxyKind;
  readonly workers: number;
  /** Ports for workers that are started later. */
  readonly spare?: number;
  /** Of test/fixtures/proxy. */
  readonly app?: "counts-strays.mjs" | "joined-contract.mjs";
  readonly sticky?: StickyWay;
  /** A Unix socket for each worker in place of a port. */
  readonly sockets?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** What somebody changes by hand in the configuration that was written for them. */
  readonly edit?: (text: string) => string;
};

export type Arrivals = {
  /** Requests with a sid, and how many of them came to the wrong worker. */
  readonly requests: number;
  readonly strays: number;
  /** That were accepted so far; those of whoever asks this are among them. */
  readonly connections: number;
  /** That are open. */
  readonly sessions: number;
};

export class ProxiedFleet {
  #proxy: RealProxy | undefined;
  readonly #folder = libraryFolder();
  readonly #options: ProxiedFleetOptions;
  readonly #entry: string;
  readonly #ports: readonly number[];
  readonly #publicPort: number;
  readonly #workers = new Map<number, LibraryProcess>();

  private constructor(options: ProxiedFleetOptions, ports: readonly number[], publicPort: number) {
    this.#options = options;
    this.#entry = this.#folder.copy(`proxy/${options.app ?? "counts-strays.mjs"}`, "proxy/app.mjs");
    this.#folder.copy("apps/contract.mjs", "apps/contract.mjs");
    this.#folder.copy("clients/page.html", "clients/page.html");
    // The processes of nginx that serve are another user's.
    chmodSync(this.#folder.path, 0o755);
    this.#ports = ports;
    this.#publicPort = publicPort;
  }

  static async start(options: ProxiedFleetOptions): Promise<ProxiedFleet> {
    const { kind, workers, spare = 0 } = options;
    const [publicPort = 0, admin = 0, ...ports] = await freePorts(workers + spare + 2);
    const fleet = new ProxiedFleet(options, ports, publicPort);
    try {
      // First the workers: HAProxy leaves out for a second what did not listen when it began.
      await Promise.all(Array.from({ length: workers }, (_, slot) => fleet.startWorker(slot)));
      fleet.#proxy = await RealProxy.start(kind, fleet.#configuration(workers), [publicPort, admin]);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  get proxy(): RealProxy {
    return this.#proxy as RealProxy;
  }

  get url(): string {
    return this.proxy.url;
  }

  async startWorker(slot: number): Promise<void> {
    const { sockets = false, env = {} } = this.#options;
    const where: Record<string, string> = sockets
      ? { SOCKET: this.#socket(slot) }
      : { PORT: `${this.#ports[slot]}`, HOST: "127.0.0.1" };
    const own = { HOLDFAST_SLOT: `${slot}`, PING_INTERVAL: `${PING_INTERVAL}`, PING_TIMEOUT: "5000" };
    const worker = new LibraryProcess(this.#entry, this.#folder, { ...own, ...where, ...env });
    this.#workers.set(slot, worker);
    const [joined] = await worker.joined();
    if (joined?.slot !== slot) throw new Error(`the process for slot ${slot} got slot ${joined?.slot}`);
  }

  async killWorker(slot: number): Promise<void> {
    await this.#workers.get(slot)?.kill();
    this.#workers.delete(slot);
  }

  /** Gives the proxy the configuration for so many workers. */
  reload(workers: number): void {
    this.proxy.reload(this.#configuration(workers));
  }

  /** What the proxy has brought to all workers. */
  async arrivals(): Promise<Arrivals> {
    const told = await Promise.all([...this.#workers.keys()].map((slot) => this.#ask(slot, "/strays")));
    const sum = (key: keyof Arrivals): number => told.reduce((total, arrivals) => total + arrivals[key], 0);
    return {
      requests: sum("requests"),
      strays: sum("strays"),
      connections: sum("connections"),
      sessions: sum("sessions"),
    };
  }

  /** Waits until the last session is closed. */
  async idle(): Promise<void> {
    const until = Date.now() + 15_000;
    while ((await this.arrivals()).sessions > 0) {
      if (Date.now() > until) throw new Error("there are still sessions");
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
    await Promise.all([...this.#workers.values()].map((worker) => worker.kill()));
    this.#folder.remove();
  }

  async #ask(slot: number, path: string): Promise<Arrivals> {
    const answer = this.#options.sockets
      ? await getFromPath(this.#socket(slot), path)
      : await get(`http://127.0.0.1:${this.#ports[slot]}${path}`);
    return JSON.parse(answer) as Arrivals;
  }

  #socket(slot: number): string {
    return `${this.#folder.path}/${slot}.sock`;
  }

  #configuration(workers: number): string {
    const { kind, sticky = "sid", sockets = false, edit = (text) => text } = this.#options;
    const addressOf = (slot: number): string =>
      sockets ? `unix:${this.#socket(slot)}` : `127.0.0.1:${this.#ports[slot]}`;
    const site: Site = {
      name: "test",
      serverNames: [],
      port: this.#publicPort,
      http2: false,
      hosts: [
        {
          number: 0,
          backends: Array.from({ length: workers }, (_, slot) => ({ slot, address: addressOf(slot) })),
        },
      ],
      pingInterval: PING_INTERVAL,
      pingTimeout: 5000,
      sessions: 500,
      sticky,
      stickyHeader: "X-User",
    };
    return edit(proxyConfiguration(kind, site));
  }
}
