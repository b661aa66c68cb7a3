/**
 * Two copies of an app in this process, each with a codec of its own as in a worker, and real clients on TCP loopback. A session leaves one
 * and is built in the other: its descriptor goes from hand to hand, everything else as bytes.
 */

import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { deserialize, serialize } from "node:v8";
import type { Server, ServerOptions, Socket } from "socket.io";
import { type Socket as Client, io as connectClient, type ManagerOptions } from "socket.io-client";
import { adoptModules } from "../../../src/worker/adopt-modules.js";
import { AdoptedEngine } from "../../../src/worker/adopted-engine.js";
import { createSessionCodec } from "../../../src/worker/handoff/session/create-session-codec.js";
import { RequestsUnderWay } from "../../../src/worker/handoff/session/requests-under-way.js";
import type {
  Arrived,
  Departed,
  LateMessage,
  Movable,
  SessionCodec,
} from "../../../src/worker/handoff/session-codec.js";
import { Transit } from "../../../src/worker/handoff/transit.js";
import { followDeflate } from "../../../src/worker/internals/deflate.js";
import type { Engine } from "../../../src/worker/internals/engine.js";
import { SessionCount } from "../../../src/worker/session-count.js";

/** Whoever creates a server next adopts its engine. */
let adopting: ((engine: Engine) => void) | undefined;

adoptModules({
  engine: (engine) => {
    followDeflate(engine);
    adopting?.(engine);
  },
  adapter: class {} as never,
  warn: () => {},
});

/** A copy of socket.io that was loaded under the hooks; its in-memory adapter stays. */
export function loadSocketIo(from: string | URL): { Server: new (...args: unknown[]) => Server } {
  return createRequire(from)("socket.io") as { Server: new (...args: unknown[]) => Server };
}

export type Setup = (io: Server, app: App) => void;

export type AppOptions = {
  readonly options?: Partial<ServerOptions>;
  readonly setup: Setup;
  readonly socketIo?: { Server: new (...args: unknown[]) => Server };
  readonly createHttp?: () => HttpServer;
};

export class App {
  readonly http: HttpServer;
  readonly io: Server;
  readonly codec: SessionCodec;
  readonly sessions = new SessionCount(() => {});
  readonly transit = new Transit();
  /** What the app's sockets heard as the reason of their end. */
  readonly ends: string[] = [];
  /** Serves requests of sessions that are there, as the other worker of a slot does. */
  sibling: App | undefined;
  #engine: AdoptedEngine | undefined;

  constructor({ options = {}, setup, socketIo, createHttp }: AppOptions) {
    this.http = createHttp?.() ?? createServer();
    const adopted: AdoptedEngine[] = [];
    const requests = new RequestsUnderWay();
    adopting = (engine) => {
      if (adopted.some((entry) => entry.engine === engine)) return;
      const entry = new AdoptedEngine(engine, adopted.length, {
        prefix: "",
        sessions: this.sessions,
        underWay: requests,
      });
      adopted.push(entry);
      this.#engine ??= entry;
      engine.handleRequest = (request, response) => this.#serve(entry, request, response);
      engine.handleUpgrade = (request, socket, head) =>
        entry.serveUpgrade(request, socket, head, sidOf(request) === undefined);
    };
    const { Adapter } = createRequire(import.meta.url)("socket.io-adapter") as {
      Adapter: new (...args: never[]) => object;
    };
    // A class of its own keeps the hooks from exchanging it for holdfast's, which needs a bus.
    class Own extends Adapter {
      own(): void {}
    }
    const { Server } = socketIo ?? loadSocketIo(import.meta.url);
    this.io = new Server(this.http, { adapter: Own, ...options });
    this.codec = createSessionCodec({
      engines: () => adopted,
      sessions: this.sessions,
      requests,
    });
    setup(this.io, this);
    adopting = undefined;
    this.io.on("connection", (socket) => socket.on("disconnect", (reason) => this.ends.push(reason)));
  }

  #serve(entry: AdoptedEngine, request: IncomingMessage, response: ServerResponse): void {
    const sid = sidOf(request);
    const moving = sid === undefined ? undefined : this.transit.underWay(sid);
    const elsewhere = sid !== undefined && !(sid in entry.engine.clients) && this.sibling?.has(sid);
    if (moving) void moving.then(() => this.#serve(entry, request, response));
    else if (elsewhere) this.sibling?.serve(request, response);
    else entry.serveRequest(request, response, sid === undefined);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    this.#engine?.serveRequest(request, response, false);
  }

  has(sid: string): boolean {
    return this.#engine !== undefined && sid in this.#engine.engine.clients;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** The only session, or the one with that id. */
  session(sid?: string): Movable {
    const found = this.codec.sessions().filter((session) => sid === undefined || session.sid === sid);
    if (found.length !== 1) throw new Error(`${found.length} sessions are here`);
    return found[0] as Movable;
  }

  /** The server's end of a client. */
  socket(id: string | undefined, namespace = "/"): Socket {
    const socket = this.io.of(namespace).sockets.get(id ?? "");
    if (socket === undefined) throw new Error(`no socket ${id} in ${namespace}`);
    return socket;
  }
}

export type Moved = {
  readonly departed: Departed;
  readonly arrived: Arrived;
  /** Late messages that passed, in both directions. */
  readonly late: LateMessage[];
};

const sidOf = (request: IncomingMessage): string | undefined =>
  /[?&]sid=([^&]+)/.exec(request.url ?? "")?.[1];

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Awaits a state; the test's own limit is the end of patience. */
export async function until(state: () => boolean): Promise<void> {
  while (!state()) await turn();
}

/** Takes a session apart once nothing is in its way. */
export async function depart(session: Movable, late: (message: LateMessage) => void): Promise<Departed> {
  for (;;) {
    await until(() => session.obstacle() !== "wait");
    session.freeze();
    await turn();
    await turn();
    const departed = session.depart(late);
    if (departed === "wait") session.thaw();
    else if (typeof departed === "string") throw new Error(`the session stays: ${departed}`);
    else {
      departed.tellApp();
      return departed;
    }
  }
}

/** What passes between the workers is bytes. */
export const overTheWire = <T>(value: T): T => deserialize(serialize(value)) as T;

export async function move(from: App, to: App, session = from.session()): Promise<Moved> {
  const late: LateMessage[] = [];
  let arrived: Arrived | undefined;
  const early: LateMessage[] = [];
  to.codec.adoptShared(overTheWire(from.codec.shared()));
  // Its requests wait until it is somewhere.
  from.transit.leaves(session.sid);
  const departed = await depart(session, (message) => {
    late.push(message);
    if (arrived) arrived.late(overTheWire(message));
    else early.push(message);
  });
  arrived = to.codec.build(overTheWire(departed.record), departed.handle, (message) => {
    late.push(message);
    departed.late(overTheWire(message));
  });
  await arrived.ready;
  arrived.announce();
  arrived.resume();
  for (const message of early) arrived.late(overTheWire(message));
  departed.accepted();
  from.transit.returned(departed.record.sid);
  return { departed, arrived, late };
}

/** The session comes back to where it was. */
export async function moveAndTakeBack(app: App, session = app.session()): Promise<Departed> {
  const departed = await depart(session, () => {});
  await turn();
  const arrived = app.codec.build(overTheWire(departed.record), departed.handle, () => {
    throw new Error("answers are for callbacks that are here");
  });
  await arrived.ready;
  arrived.announce();
  arrived.resume();
  return departed;
}

/** Two copies of one app, and clients of the first. */
export class TwoApps {
  readonly apps: App[] = [];
  readonly #clients: Client[] = [];

  static async start(
    setup: Setup,
    options: Partial<ServerOptions> = {},
    more: Partial<AppOptions> = {},
  ): Promise<TwoApps> {
    const both = new TwoApps();
    for (let i = 0; i < 2; i++) both.apps.push(await new App({ setup, options, ...more }).listen());
    both.old.sibling = both.new;
    both.new.sibling = both.old;
    return both;
  }

  /** From the app that has it to the other one. */
  move(sid?: string): Promise<Moved> {
    const [from, to] = this.old.codec.sessions().length > 0 ? [this.old, this.new] : [this.new, this.old];
    return move(from, to, from.session(sid));
  }

  get old(): App {
    return this.apps[0] as App;
  }

  get new(): App {
    return this.apps[1] as App;
  }

  async connect(
    options: Partial<ManagerOptions> & { auth?: Record<string, unknown> } = {},
    namespace = "/",
    url = `http://127.0.0.1:${this.old.port}`,
  ): Promise<Client> {
    const client = connectClient(`${url}${namespace}`, {
      forceNew: true,
      reconnection: false,
      transports: ["websocket"],
      ...options,
    });
    this.#clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", resolve);
      client.once("connect_error", reject);
    });
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    for (const { io, http } of this.apps) {
      const closed = io.close();
      http.closeAllConnections();
      await closed;
    }
  }
}
