/** Test helper: processes with `holdfast(io)`, a slot and a port each, and a real proxy in front of them. */

import { setTimeout as sleep } from "node:timers/promises";
import { type ProxyKind, proxyConfiguration } from "../../src/proxy/kinds.js";
import type { Site } from "../../src/proxy/site.js";
import type { AppFolder } from "./app-folder.js";
import { freePorts } from "./free-ports.js";
import { get } from "./http-client.js";
import { LibraryProcess, libraryFolder } from "./library-processes.js";
import { RealProxy } from "./real-proxy.js";

/** Short, so that a test sees two heartbeats; the timeouts of the proxy follow it. Milliseconds. */
export const PING_INTERVAL = 1500;

export type Arrivals = { readonly requests: number; readonly strays: number; readonly sessions: number };

export class ProxiedFleet {
  #proxy: RealProxy | undefined;
  readonly #folder: AppFolder;
  readonly #entry: string;
  readonly #ports: readonly number[];
  readonly #publicPort: number;
  readonly #workers = new Map<number, LibraryProcess>();

  private constructor(ports: readonly number[], publicPort: number) {
    this.#folder = libraryFolder();
    this.#entry = this.#folder.copy("proxy/counts-strays.mjs");
    this.#ports = ports;
    this.#publicPort = publicPort;
  }

  /** @param spare ports for workers that are started later */
  static async start(kind: ProxyKind, workers: number, spare = 0): Promise<ProxiedFleet> {
    const [publicPort, admin, ...ports] = (await freePorts(workers + spare + 2)) as [
      number,
      number,
      ...number[],
    ];
    const fleet = new ProxiedFleet(ports, publicPort);
    try {
      // First the workers: HAProxy leaves out for a second what did not listen when it began.
      await Promise.all(Array.from({ length: workers }, (_, slot) => fleet.startWorker(slot)));
      const text = proxyConfiguration(kind, siteOf(publicPort, ports.slice(0, workers)));
      fleet.#proxy = await RealProxy.start(kind, text, [publicPort, admin]);
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
    const env = { HOLDFAST_SLOT: `${slot}`, PORT: `${this.#ports[slot]}`, PING_INTERVAL: `${PING_INTERVAL}` };
    const worker = new LibraryProcess(this.#entry, this.#folder, env);
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
    this.proxy.reload(
      proxyConfiguration(this.proxy.kind, siteOf(this.#publicPort, this.#ports.slice(0, workers))),
    );
  }

  /** What the proxy has brought to all workers: requests with a sid, and how many of them to the wrong one; and open sessions. */
  async arrivals(): Promise<Arrivals> {
    const told = await Promise.all(
      [...this.#workers.keys()].map(async (slot) => {
        return JSON.parse(await get(`http://127.0.0.1:${this.#ports[slot]}/strays`)) as Arrivals;
      }),
    );
    const sum = (key: keyof Arrivals): number => told.reduce((total, arrivals) => total + arrivals[key], 0);
    return { requests: sum("requests"), strays: sum("strays"), sessions: sum("sessions") };
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
}

function siteOf(port: number, ports: readonly number[]): Site {
  return {
    name: "test",
    serverNames: [],
    port,
    http2: false,
    hosts: [{ number: 0, backends: ports.map((own, slot) => ({ slot, address: `127.0.0.1:${own}` })) }],
    pingInterval: PING_INTERVAL,
    pingTimeout: 5000,
    sessions: 500,
    sticky: "sid",
  };
}
