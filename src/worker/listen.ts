/**
 * Worker: `listen()` of every server of the app takes its descriptor from the primary, which shares it among all workers.
 * To the app all is as in plain Node: `address()`, `close()`, `listening`, errors, callbacks.
 */

import { lookup } from "node:dns";
import net, { type Server } from "node:net";
import type { SlotTarget } from "../config/slot-sockets.js";
import { listenKey, ownTarget } from "../protocol/listening.js";
import type { ListenAddress, ListenTarget } from "../protocol/messages.js";
import { addressInUse, expectedAddress, listenError } from "./bind-words.js";
import { trackHttp2Sessions } from "./http2-sessions.js";
import type { RawHandle } from "./internals/handles.js";
import {
  beginListening,
  bindLater,
  forgetBinding,
  hasHandle,
  holdAccepting,
  listenOnHandle,
  setPipeName,
} from "./internals/listening.js";
import { type ListenCall, readListenCall, speaksHttp } from "./listen-target.js";
import type { ListenerKind, ListenResult } from "./primary-channel.js";

export type ListenPort = {
  listen(key: string, target: ListenTarget, kind: ListenerKind): Promise<ListenResult>;
  release(key: string): void;
  listening(server: Server, address: ListenAddress): void;
  /** A server that speaks HTTP is about to listen. */
  http(server: Server): void;
};

/** `listen()` without the overloads that TypeScript would choose among. */
type Listen = (this: Server, ...args: unknown[]) => Server;

/** One `listen()` that is under way or listens. */
type Attempt = {
  readonly server: Server;
  readonly target: ListenTarget;
  /** The target is this slot's own socket. */
  readonly own: boolean;
  /** The app's first server that speaks HTTP. */
  readonly first: boolean;
  readonly backlog: number | undefined;
  /** False once the app closed the server or let it listen elsewhere. */
  readonly wanted: () => boolean;
  /** For port 0: which of the app's servers on any port this is. */
  readonly anyPort: number;
};

/** Where the app's first server that speaks HTTP goes: `--port` and `--host`, or the slot's own socket. */
export type MoveTo = {
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly own: SlotTarget | undefined;
};

/** As many connections as the system lets wait at a socket: systemd's own word for it would be overwritten with Node's 511. */
const LONGEST_QUEUE = 2 ** 16 - 1;
/** What a slot's own socket is called when a connection moves to another worker: there it is that slot's own. */
const OWN = "own";

export class ListenAdoption {
  readonly #port: ListenPort;
  readonly #moveTo: MoveTo;
  /** What this process holds or waits for, by key: a second server on one of them is EADDRINUSE, as in plain Node. */
  readonly #held = new Map<string, Attempt>();
  /** Servers that listened and whose connections are not all gone. */
  readonly #servers = new Set<Server>();
  readonly #original = net.Server.prototype.listen as Listen;
  /** What makes servers accept that only seem to; undefined: all accept at once. */
  #standby: (() => void)[] | undefined;
  #moved = false;
  #firstHttp: Server | undefined;
  #anyPorts = 0;

  /** @param accepting false: servers listen, but nothing is accepted before {@link accept} */
  constructor(port: ListenPort, moveTo: MoveTo, accepting = true) {
    this.#port = port;
    this.#moveTo = moveTo;
    if (!accepting) this.#standby = [];
  }

  /** From now on connections are accepted. */
  accept(): void {
    const begin = this.#standby ?? [];
    this.#standby = undefined;
    for (const accept of begin) accept();
  }

  /** The servers of the app that have or may have connections, or are about to listen. */
  get servers(): readonly Server[] {
    return [...new Set([...this.#servers, ...[...this.#held.values()].map(({ server }) => server)])];
  }

  /** @param listener what {@link listenerOf} said in any worker of the fleet */
  serverOf(listener: string): Server | undefined {
    if (listener !== OWN) return this.#held.get(listener)?.server;
    for (const { own, server } of this.#held.values()) if (own) return server;
    return undefined;
  }

  /** The same for the app's same server in every worker. */
  listenerOf(server: Server): string | undefined {
    for (const [key, attempt] of this.#held) if (attempt.server === server) return attempt.own ? OWN : key;
    return undefined;
  }

  install(): void {
    const adoption = this;
    net.Server.prototype.listen = function (this: Server, ...args: unknown[]) {
      return adoption.#listen(this, args);
    } as typeof net.Server.prototype.listen;
  }

  #listen(server: Server, args: unknown[]): Server {
    const call = hasHandle(server) ? undefined : readListenCall(args);
    trackHttp2Sessions(server);
    if (speaksHttp(server)) this.#port.http(server);
    if (call === undefined) return this.#listenAlone(server, args);
    if (call.callback !== null) server.once("listening", call.callback);
    const { target, own } = this.#move(server, call.target);
    const anyPort = target.kind === "tcp" && target.port === 0 ? this.#anyPorts++ : 0;
    const wanted = beginListening(server);
    const first = this.#isFirst(server);
    const attempt = { server, target, own, first, backlog: call.backlog, wanted, anyPort };
    closeOnAbort(server, call.signal);
    this.#bind(attempt, call);
    return server;
  }

  /** What Node does by itself, or refuses; only the end of the worker must know of it. */
  #listenAlone(server: Server, args: unknown[]): Server {
    this.#original.apply(server, args);
    if (speaksHttp(server)) server.once("listening", () => this.#onListening(server));
    return server;
  }

  /** The first server of the app that speaks HTTP goes where the command line says. */
  #move(server: Server, asked: ListenTarget): { target: ListenTarget; own: boolean } {
    const { port, host, own } = this.#moveTo;
    if (this.#moved || !speaksHttp(server)) return { target: asked, own: false };
    if (asked.kind === "pipe" && own === undefined) return { target: asked, own: false };
    this.#moved = true;
    const target = own === undefined ? asked : ownTarget(asked, own);
    if (target.kind === "pipe") return { target, own: true };
    const where = { port: port ?? target.port, ...(host === undefined ? {} : { host }) };
    return { target: { ...target, ...where }, own: own !== undefined };
  }

  #isFirst(server: Server): boolean {
    if (speaksHttp(server)) this.#firstHttp ??= server;
    return this.#firstHttp === server;
  }

  /** Plain Node binds at once where the app named no host; where it did, the host's address is looked up first. */
  #bind(attempt: Attempt, call: ListenCall): void {
    const { server, target } = attempt;
    if (target.kind === "pipe" || call.target.kind === "pipe" || call.target.host === undefined) {
      bindLater(server, expectedAddress(target), () => this.#release(listenKey(attempt), attempt));
    }
    if (target.kind === "pipe" || target.host === undefined) {
      void this.#take(attempt);
      return;
    }
    lookup(target.host, (error, address) => {
      if (!attempt.wanted()) return;
      if (error !== null) this.#fail(attempt, error);
      else void this.#take({ ...attempt, target: { ...target, host: address } });
    });
  }

  async #take(attempt: Attempt): Promise<void> {
    const key = listenKey(attempt);
    if (this.#held.get(key)?.wanted()) {
      this.#fail(attempt, addressInUse(attempt.target));
      return;
    }
    this.#held.set(key, attempt);
    const { reply, handle } = await this.#port.listen(key, attempt.target, attempt);
    if (attempt.wanted() && handle !== undefined) {
      const passed = "passed" in reply ? reply.passed : undefined;
      if (typeof passed === "string") setPipeName(attempt.server, passed);
      const backlog = passed === undefined ? attempt.backlog : LONGEST_QUEUE;
      this.#start(attempt, key, handle as RawHandle, backlog);
      return;
    }
    this.#release(key, attempt);
    (handle as RawHandle | undefined)?.close();
    if (attempt.wanted()) this.#fail(attempt, "error" in reply ? listenError(reply, attempt.target) : lost());
  }

  #start(attempt: Attempt, key: string, handle: RawHandle, backlog: number | undefined): void {
    const { server, target } = attempt;
    server.once("listening", () => this.#onListening(server));
    const address = target.kind === "pipe" ? target.path : (target.host ?? "::");
    const where = { address, port: target.kind === "pipe" ? -1 : target.port, backlog };
    this.#standby?.push(holdAccepting(handle));
    listenOnHandle(server, handle, where, () => this.#release(key, attempt));
  }

  #onListening(server: Server): void {
    // An app's own listener of `listening` may have closed the server already.
    if (!server.listening) return;
    this.#servers.add(server);
    server.once("close", () => {
      if (!server.listening) this.#servers.delete(server);
    });
    this.#port.listening(server, server.address() as ListenAddress);
  }

  /** A later server of this process may hold the same key by now. */
  #release(key: string, attempt: Attempt): void {
    if (this.#held.get(key) !== attempt) return;
    this.#held.delete(key);
    this.#port.release(key);
  }

  /** Not in this turn, and not within a promise: an error that nobody listens for is an uncaught exception. */
  #fail({ server, wanted }: Attempt, error: Error): void {
    process.nextTick(() => {
      if (!wanted()) return;
      forgetBinding(server);
      server.emit("error", error);
    });
  }
}

function closeOnAbort(server: Server, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const close = (): void => void server.close();
  if (signal.aborted) {
    process.nextTick(close);
    return;
  }
  signal.addEventListener("abort", close, { once: true });
  server.once("close", () => signal.removeEventListener("abort", close));
}

/** The primary is gone, or its descriptor did not arrive; this worker is about to end. */
function lost(): Error {
  const error = new Error("listen ECANCELED: the primary process sent no descriptor");
  return Object.assign(error, { code: "ECANCELED", syscall: "listen" });
}
