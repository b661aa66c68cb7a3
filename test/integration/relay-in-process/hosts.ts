/** Test helper: several hosts in this process, each with Socket.IO servers on ephemeral ports, a memory network of its own, and a relay. */

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions, type Socket as ServerSocket } from "socket.io";
import { type Socket as Client, io as connectClient } from "socket.io-client";
import { type AdapterFactory, createAdapter } from "../../../src/adapter/create-adapter.js";
import { Relay } from "../../../src/bridge/relay/relay.js";
import type { Site } from "../../../src/bridge/site.js";
import type { MemoryBus } from "../../../src/bus/memory-bus.js";
import { MemoryNetwork } from "../../../src/bus/memory-network.js";
import { BRIDGE_SLOT } from "../../../src/protocol/bridge-messages.js";
import { MemorySite } from "../../helpers/relay/memory-site.js";

export type Worker = {
  readonly host: Host;
  readonly bus: MemoryBus;
  readonly io: Server;
  readonly http: HttpServer;
  readonly url: string;
  readonly adapter: AdapterFactory;
};

export type Bridge = { readonly bus: MemoryBus; readonly site: Site; readonly relay: Relay };

export type Host = {
  readonly number: number;
  readonly network: MemoryNetwork;
  readonly workers: Worker[];
  bridge: Bridge;
};

export type TestClient = {
  readonly socket: Client;
  readonly id: string;
  readonly worker: Worker;
  /** Every event: its name and arguments. */
  readonly events: unknown[][];
};

export class HostFleet {
  readonly site = new MemorySite();
  readonly hosts: Host[] = [];
  readonly #clients: Client[] = [];

  /** @param workers of each host */
  static async open(...workers: readonly number[]): Promise<HostFleet> {
    const fleet = new HostFleet();
    for (const count of workers) await fleet.add(count);
    await fleet.known();
    return fleet;
  }

  /** One host more, with so many workers. */
  async add(workers: number, number = this.hosts.length): Promise<Host> {
    const network = new MemoryNetwork({ host: number, hungAfter: 200 });
    const host: Host = { number, network, workers: [], bridge: this.#bridge(number, network) };
    this.hosts.push(host);
    for (let slot = 0; slot < workers; slot++) await this.addWorker(host, slot);
    return host;
  }

  async addWorker(
    host: Host,
    slot: number,
    generation = 1,
    options: Partial<ServerOptions> = {},
  ): Promise<Worker> {
    const bus = host.network.join(slot, generation);
    const adapter = createAdapter(bus);
    const http = createServer();
    const io = new Server(http, { ...options, adapter });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const worker = { host, bus, io, http, adapter, url: `http://127.0.0.1:${port}` };
    host.workers.push(worker);
    return worker;
  }

  /** The bridge is killed, and another one comes. */
  replaceBridge(host: Host): void {
    this.site.remove(host.bridge.site);
    host.network.kill(host.bridge.bus);
    host.bridge = this.#bridge(host.number, host.network);
  }

  /** Everything of this host ends at once; the others find its lease over. */
  async kill(host: Host): Promise<void> {
    this.hosts.splice(this.hosts.indexOf(host), 1);
    this.site.remove(host.bridge.site);
    host.network.kill(host.bridge.bus);
    for (const { bus, io } of host.workers) {
      host.network.kill(bus);
      await io.close();
    }
  }

  get workers(): Worker[] {
    return this.hosts.flatMap(({ workers }) => workers);
  }

  /** Every server counts every other. */
  async known(): Promise<void> {
    const workers = this.workers;
    for (const { io } of workers) {
      while ((await io.of("/").adapter.serverCount()) !== workers.length) await turn();
    }
    await this.settled();
  }

  /** Nothing is on its way, neither within hosts nor between them. */
  async settled(): Promise<void> {
    // Each round lets what has arrived cause something else: worker, bridge, bridge, worker, and back.
    for (let round = 0; round < 8; round++) {
      for (const { network } of this.hosts) await network.settled();
      await this.site.settled();
      await turn();
    }
  }

  async connect(worker: Worker, namespace = "/"): Promise<TestClient> {
    const socket = connectClient(`${worker.url}${namespace}`, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
    });
    this.#clients.push(socket);
    const events: unknown[][] = [];
    socket.onAny((...event: unknown[]) => events.push(event.filter((part) => typeof part !== "function")));
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return { socket, id: socket.id as string, worker, events };
  }

  /** One client on each worker. */
  async connectAll(namespace = "/"): Promise<TestClient[]> {
    const clients = await Promise.all(this.workers.map((worker) => this.connect(worker, namespace)));
    await this.settled();
    return clients;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.workers.map(({ io }) => io.close()));
  }

  #bridge(number: number, network: MemoryNetwork): Bridge {
    let relay: Relay | undefined;
    const bus = network.join(BRIDGE_SLOT, 0);
    const site = this.site.join(number, () => relay?.handlers);
    relay = new Relay({ mesh: bus, site });
    return { bus, site, relay };
  }
}

/** The server's end of a client. */
export function serverSocket({ worker, id }: TestClient, namespace = "/"): ServerSocket {
  const socket = worker.io.of(namespace).sockets.get(id);
  if (socket === undefined) throw new Error(`client ${id} is not on this worker`);
  return socket;
}

/** Awaits a state; the test's own time limit is the end of patience. */
export async function until(state: () => boolean): Promise<void> {
  while (!state()) await turn();
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
