/** Three Socket.IO servers on ephemeral ports in this process, joined by a real mesh, and real clients. */

import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions, type Socket as ServerSocket } from "socket.io";
import { type Socket as Client, io as connectClient, type ManagerOptions } from "socket.io-client";
import { type AdapterFactory, createAdapter } from "../../../src/adapter/create-adapter.js";
import { MeshFleet, type Worker, type WorkerOptions } from "../../contract/mesh-fleet.js";

export type Node = Worker & {
  readonly io: Server;
  readonly http: HttpServer;
  readonly url: string;
  readonly adapter: AdapterFactory;
};

export type TestClient = {
  readonly socket: Client;
  readonly id: string;
  /** Every event: its name and arguments. */
  readonly events: unknown[][];
  /** Resolves once so many events came. */
  received(count: number): Promise<unknown[][]>;
};

type ClientOptions = Partial<ManagerOptions> & { auth?: Record<string, unknown> };

export class Fleet {
  readonly nodes: Node[] = [];
  readonly #mesh = new MeshFleet();
  readonly #clients: Client[] = [];
  readonly #options: Partial<ServerOptions>;

  constructor(options: Partial<ServerOptions> = {}) {
    this.#options = options;
  }

  /** Three workers by default, each a peer of the others. */
  static async open(options: Partial<ServerOptions> = {}, count = 3): Promise<Fleet> {
    const fleet = new Fleet(options);
    for (let i = 0; i < count; i++) await fleet.add();
    return fleet;
  }

  get directory(): string {
    return this.#mesh.directory;
  }

  /** One worker more, of a slot of its own unless `place` says which. */
  async add(options: Partial<ServerOptions> = {}, place: WorkerOptions = {}): Promise<Node> {
    const worker = await this.#mesh.listen(place);
    const adapter = createAdapter(worker.mesh);
    await worker.mesh.start();
    const http = createServer();
    const io = new Server(http, { ...this.#options, ...options, adapter });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const { port } = http.address() as AddressInfo;
    const node = { ...worker, adapter, http, io, url: `http://127.0.0.1:${port}` };
    this.nodes.push(node);
    await this.#joined();
    return node;
  }

  /** Every worker knows of the server of every other. */
  async #joined(): Promise<void> {
    for (const { io } of this.nodes) await untilServers(io, this.nodes.length);
  }

  /** A client that is connected. */
  async connect(node: Node, namespace = "/", options: ClientOptions = {}): Promise<TestClient> {
    const socket = connectClient(`${node.url}${namespace}`, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
      ...options,
    });
    this.#clients.push(socket);
    const events: unknown[][] = [];
    socket.onAny((...event: unknown[]) => events.push(event.filter((part) => typeof part !== "function")));
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    const received = async (count: number): Promise<unknown[][]> => {
      await until(() => events.length >= count);
      return events;
    };
    return { socket, id: socket.id as string, events, received };
  }

  /** One client on each worker. */
  connectAll(namespace = "/", options: ClientOptions = {}): Promise<TestClient[]> {
    return Promise.all(this.nodes.map((node) => this.connect(node, namespace, options)));
  }

  /** This worker leaves: its server closes first and its mesh then, or the other way round. */
  async remove(node: Node, first: "server" | "mesh" = "server"): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    if (first === "mesh") node.mesh.close();
    await node.io.close();
    node.mesh.close();
    node.linkServer.close();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.nodes.map(({ io }) => io.close()));
    this.#mesh.close();
  }
}

/** The server's end of a client. */
export function serverSocket(node: Node, client: TestClient, namespace = "/"): ServerSocket {
  const socket = node.io.of(namespace).sockets.get(client.id);
  if (socket === undefined) throw new Error(`client ${client.id} is not on this worker`);
  return socket;
}

/** Awaits that this server counts so many. */
export async function untilServers(io: Server, count: number): Promise<void> {
  while ((await io.of("/").adapter.serverCount()) !== count)
    await new Promise((resolve) => setImmediate(resolve));
}

/** Awaits a state; the test's own time limit is the end of patience. */
export async function until(state: () => boolean): Promise<void> {
  while (!state()) await new Promise((resolve) => setImmediate(resolve));
}
