/**
 * Worker: `listen()` of every server of the app takes its descriptor from the primary, which shares it among all workers.
 * To the app all is as in plain Node: `address()`, `close()`, `listening`, errors, callbacks.
 */

import { existsSync } from "node:fs";
import net, { type Server } from "node:net";
import { getSystemErrorMap } from "node:util";
import type { ListenAddress, ListenReply, ListenTarget } from "../protocol/messages.js";
import { closeHandle, hasHandle, setPipeName } from "./internals/listening.js";
import { type ListenCall, readListenCall, speaksHttp } from "./listen-target.js";
import type { ListenResult } from "./primary-channel.js";

export type ListenPort = {
  listen(key: string, target: ListenTarget): Promise<ListenResult>;
  release(key: string): void;
  listening(server: Server, address: ListenAddress): void;
};

/** `listen()` without the overloads that TypeScript would choose among. */
type Listen = (this: Server, ...args: unknown[]) => Server;
type Pending = { readonly target: ListenTarget; cancelled: boolean };

const HAS_IPV6 = !existsSync("/proc") || existsSync("/proc/net/if_inet6");

export class ListenAdoption {
  readonly #port: ListenPort;
  readonly #moveTo: { port: number | undefined; host: string | undefined };
  readonly #pending = new WeakMap<Server, Pending>();
  /** Keys that servers of this process hold or wait for: a second server on one of them is EADDRINUSE, as in plain Node. */
  readonly #held = new Map<string, Server>();
  readonly #original = net.Server.prototype.listen as Listen;
  #moved = false;
  #anyPorts = 0;

  /** @param moveTo `--port` and `--host`: where the first server that speaks HTTP goes */
  constructor(port: ListenPort, moveTo: { port: number | undefined; host: string | undefined }) {
    this.#port = port;
    this.#moveTo = moveTo;
  }

  /** The servers of the app that listen, or are about to. */
  get servers(): readonly Server[] {
    return [...this.#held.values()];
  }

  serverOf(key: string): Server | undefined {
    return this.#held.get(key);
  }

  keyOf(server: Server): string | undefined {
    for (const [key, held] of this.#held) if (held === server) return key;
    return undefined;
  }

  install(): void {
    const adoption = this;
    const prototype = net.Server.prototype;
    const { close, address } = prototype;
    const listening = Object.getOwnPropertyDescriptor(prototype, "listening");
    prototype.listen = function (this: Server, ...args: unknown[]) {
      return adoption.#listen(this, args);
    } as typeof prototype.listen;
    prototype.close = function (this: Server, callback?: (error?: Error) => void) {
      return adoption.#cancel(this, callback) ? this : close.call(this, callback);
    };
    prototype.address = function (this: Server) {
      return address.call(this) ?? adoption.#expectedAddress(this);
    };
    Object.defineProperty(prototype, "listening", {
      configurable: true,
      enumerable: true,
      get(this: Server) {
        return adoption.#pending.has(this) || Boolean(listening?.get?.call(this));
      },
    });
  }

  #listen(server: Server, args: unknown[]): Server {
    const call = hasHandle(server) ? undefined : readListenCall(args);
    if (call === undefined) return this.#original.apply(server, args);
    // Plain Node throws here: its own words, from its own code, on a server that looks busy to it.
    if (this.#pending.has(server)) throw alreadyListening();
    if (call.callback !== null) server.once("listening", call.callback);
    const target = this.#move(server, call.target);
    const pending: Pending = { target, cancelled: false };
    this.#pending.set(server, pending);
    const stop = (): void => void server.close();
    call.signal?.addEventListener("abort", stop, { once: true });
    void this.#take(server, call, pending);
    return server;
  }

  /** The first server of the app that speaks HTTP goes where the command line says. */
  #move(server: Server, target: ListenTarget): ListenTarget {
    if (this.#moved || target.kind !== "tcp" || !speaksHttp(server)) return target;
    this.#moved = true;
    const host = this.#moveTo.host ?? target.host;
    return { ...target, port: this.#moveTo.port ?? target.port, ...(host === undefined ? {} : { host }) };
  }

  async #take(server: Server, call: ListenCall, pending: Pending): Promise<void> {
    const key = this.#newKey(pending.target);
    if (this.#held.has(key)) {
      process.nextTick(() =>
        this.#fail(server, pending, { error: "EADDRINUSE", errno: -98, syscall: "listen" }),
      );
      return;
    }
    this.#held.set(key, server);
    const { reply, handle } = await this.#port.listen(key, pending.target);
    if (pending.cancelled || "error" in reply) {
      this.#release(key);
      if (handle !== undefined) closeHandle(handle);
      if (!pending.cancelled && "error" in reply) this.#fail(server, pending, reply);
      return;
    }
    this.#pending.delete(server);
    server.once("close", () => this.#release(key));
    server.once("listening", () => this.#port.listening(server, server.address() as ListenAddress));
    this.#original.call(server, handle, call.backlog);
    if (pending.target.kind === "pipe") setPipeName(server, pending.target.path);
  }

  #release(key: string): void {
    if (this.#held.delete(key)) this.#port.release(key);
  }

  /** Two servers on port 0 are two sockets; the n-th of each worker shares its port with the n-th of the others. */
  #newKey(target: ListenTarget): string {
    if (target.kind === "pipe") return `pipe:${target.path}`;
    const address = `tcp:${target.host ?? ""}:${target.port}:${target.ipv6Only}`;
    return target.port === 0 ? `${address}#${this.#anyPorts++}` : address;
  }

  /** `close()` before the descriptor came: as in plain Node the server was listening and now closes. */
  #cancel(server: Server, callback?: (error?: Error) => void): boolean {
    const pending = this.#pending.get(server);
    if (pending === undefined) return false;
    pending.cancelled = true;
    this.#pending.delete(server);
    if (callback !== undefined) server.once("close", callback);
    process.nextTick(() => server.emit("close"));
    return true;
  }

  /** Plain Node binds at once where no host name must be looked up, and `address()` is known on the next line. */
  #expectedAddress(server: Server): net.AddressInfo | string | null {
    const target = this.#pending.get(server)?.target;
    if (target?.kind === "pipe") return target.path;
    if (target === undefined || target.host !== undefined || target.port === 0) return null;
    return HAS_IPV6
      ? { address: "::", family: "IPv6", port: target.port }
      : { address: "0.0.0.0", family: "IPv4", port: target.port };
  }

  #fail(server: Server, pending: Pending, failure: ListenFailure): void {
    this.#pending.delete(server);
    server.emit("error", listenError(failure, pending.target));
  }
}

type ListenFailure = Pick<Extract<ListenReply, { error: string }>, "error" | "errno" | "syscall">;

/** The error that plain Node emits, with the same fields. */
function listenError({ error, errno, syscall }: ListenFailure, target: ListenTarget): Error {
  const [, description = error] = getSystemErrorMap().get(errno) ?? [];
  const address = target.kind === "pipe" ? target.path : (target.host ?? "::");
  const where = target.kind === "pipe" ? address : `${address}:${target.port}`;
  const fields = {
    code: error,
    errno,
    syscall,
    address,
    ...(target.kind === "tcp" ? { port: target.port } : {}),
  };
  const what =
    errno < 0 && description !== error
      ? `${syscall} ${error}: ${description} ${where}`
      : `${syscall} ${error} ${where}`;
  return Object.assign(new Error(what), fields);
}

function alreadyListening(): Error {
  const error = new Error("Listen method has been called more than once without closing.");
  return Object.assign(error, { code: "ERR_SERVER_ALREADY_LISTEN" });
}
