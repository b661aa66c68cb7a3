/**
 * Adapter, in a worker: which peers answer questions: those that have said that they have a Socket.IO server, and are not hung. A
 * worker that loads its app is a peer already, but its loop does not turn yet: it would keep everybody waiting. A bridge stands for
 * the servers of all other hosts.
 */

import type { Peer } from "../bus/bus.js";
import { type MissingWorker, missingHost, missingWorker } from "./partial.js";
import { objectOf } from "./targets.js";
import { WireError } from "./wire.js";

/** Another host, and how many Socket.IO servers answer there. */
export type HostServers = readonly [host: number, servers: number];

type Known = {
  readonly peer: Peer;
  /** Of a bridge; undefined: a worker, which has one server. */
  readonly hosts: readonly HostServers[] | undefined;
};

export class FleetView {
  readonly #here = new Map<string, Known>();
  readonly #hung = new Set<string>();
  #answering: readonly Peer[] = [];
  #silent: readonly Peer[] = [];
  #servers = 0;

  /** The same list until something changes. */
  get answering(): readonly Peer[] {
    return this.#answering;
  }

  /** Those that would answer if they were not hung. */
  get silent(): readonly Peer[] {
    return this.#silent;
  }

  /** Socket.IO servers of those that answer. */
  get servers(): number {
    return this.#servers;
  }

  serversOf({ key }: Peer): number {
    const hosts = this.#here.get(key)?.hosts;
    return hosts === undefined ? 1 : sumOf(hosts);
  }

  /** Whose answers are missing when those of this peer are: of a bridge, the other hosts. */
  missingOf(peer: Peer, reason: MissingWorker["reason"]): readonly MissingWorker[] {
    const hosts = this.#here.get(peer.key)?.hosts;
    return hosts?.map(([host]) => missingHost(host)) ?? [missingWorker(peer, reason)];
  }

  /** @param options `h`: the hosts for which a bridge stands @throws {WireError} */
  here(peer: Peer, options?: unknown): void {
    const hosts = options === undefined ? undefined : hostsFrom(options);
    // Again at the end: the order is that of the last word.
    this.#here.delete(peer.key);
    this.#here.set(peer.key, { peer, hosts });
    this.#list();
  }

  gone({ key }: Peer): void {
    this.#here.delete(key);
    this.#list();
  }

  hung({ key }: Peer): void {
    this.#hung.add(key);
    this.#list();
  }

  /** It speaks again, or exited. */
  notHung({ key }: Peer): void {
    this.#hung.delete(key);
    this.#list();
  }

  #list(): void {
    const all = [...this.#here.values()].map(({ peer }) => peer);
    this.#answering = all.filter(({ key }) => !this.#hung.has(key));
    this.#silent = all.filter(({ key }) => this.#hung.has(key));
    this.#servers = this.#answering.reduce((sum, peer) => sum + this.serversOf(peer), 0);
  }
}

function sumOf(hosts: readonly HostServers[]): number {
  return hosts.reduce((sum, [, servers]) => sum + servers, 0);
}

/** @throws {WireError} */
function hostsFrom(options: unknown): readonly HostServers[] | undefined {
  const { h } = objectOf(options);
  if (h === undefined) return undefined;
  if (!Array.isArray(h) || !h.every(isHostServers)) throw new WireError("hosts of a wrong shape");
  return h;
}

function isHostServers(value: unknown): value is HostServers {
  return Array.isArray(value) && value.length === 2 && value.every((part) => Number.isSafeInteger(part));
}
