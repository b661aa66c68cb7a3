/** Adapter, in the new worker: gives to sessions that arrive what they lack, and keeps from them what they had. */

import type { Peer } from "../../bus/bus.js";
import { guard } from "../../bus/guard.js";
import type { LocalSocket } from "../internals.js";
import type { Position } from "../session-moves.js";
import { decodeMessage } from "../wire.js";
import { isPeer, type MovesHost, type Scope } from "./host.js";
import { Inbound } from "./inbound.js";
import type { LogEntry, MoveLog } from "./move-log.js";
import type { Numbers } from "./numbers.js";

/** The sockets that arrive, by adapter. */
export type Arrivals = ReadonlyMap<unknown, Set<object>>;

export class Arriving {
  readonly #host: MovesHost;
  readonly #numbers: Numbers;
  readonly #log: MoveLog;
  /** By key of the old worker. */
  readonly #inbound = new Map<string, Inbound>();

  constructor(host: MovesHost, numbers: Numbers, log: MoveLog) {
    this.#host = host;
    this.#numbers = numbers;
    this.#log = log;
  }

  get size(): number {
    return this.#inbound.size;
  }

  /** Whether sessions may still come, or wait for what was kept. */
  get open(): boolean {
    return this.#opened().length > 0;
  }

  /** Whose sessions may still come. */
  sources(): string[] {
    return this.#opened().map(([old]) => old);
  }

  begin(old: string): void {
    const inbound = this.#inbound.get(old) ?? new Inbound();
    inbound.begin();
    this.#inbound.set(old, inbound);
  }

  /** No more sessions come from there, and nothing is passed on: the old worker is gone. */
  lose(old: string): void {
    this.#inbound.get(old)?.end();
  }

  /** The same, as the old worker has said: whoever does not mirror was none of its peers, so it passed nothing on. */
  end(old: string): void {
    const inbound = this.#inbound.get(old);
    if (inbound === undefined) return;
    for (const entry of this.#log.entries()) {
      const { sender, relayed } = entry;
      if (relayed !== undefined || !isPeer(this.#host, sender)) continue;
      this.#carryOut(entry, { spares: (socket) => !inbound.waitsFor(sender, socket), again: true });
    }
    inbound.end();
  }

  arrived(old: string, arrivals: Arrivals, position: Position): void {
    const inbound = this.#inbound.get(old);
    if (inbound === undefined) return;
    for (const sockets of arrivals.values()) inbound.arrived(sockets, position);
    this.replay(old, arrivals, (sender) => inbound.lastOf(sender, position));
    this.floor(old, position);
  }

  /** @param lastOf the number up to which they had everything of a sender; undefined: nothing of it is for them yet */
  replay(old: string, arrivals: Arrivals, lastOf: (sender: string) => number | undefined): void {
    for (const entry of this.#log.entries()) {
      const isMeant = entry.relayed === undefined || entry.sender === old;
      if (!isMeant || entry.number <= (lastOf(entry.sender) ?? Infinity)) continue;
      const { address } = decodeMessage(entry.bytes);
      const only = arrivals.get(this.#host.adapterAt(address));
      if (only !== undefined) this.#carryOut(entry, { only, again: true });
    }
  }

  /** Sessions that come from now on are not behind this position. */
  floor(old: string, position: Position): void {
    this.#inbound.get(old)?.raise(position);
  }

  /** Whether a session that can still come may lack this. */
  needs({ sender, number }: LogEntry): boolean {
    return this.#opened().some(([, inbound]) => number > inbound.floorOf(sender));
  }

  /** undefined when a message of this sender is for all that its targets choose. */
  scopeOf(sender: string, number: number | undefined): Scope | undefined {
    if (this.#inbound.size === 0) return undefined;
    return { spares: (socket) => this.#had(socket, sender, number) };
  }

  /** The old worker passes on what another has said, for the sessions that have left it. */
  relayed(from: Peer, entry: LogEntry): void {
    const inbound = this.#inbound.get(from.key);
    if (inbound === undefined) return;
    const spares = (socket: object): boolean =>
      !inbound.has(socket) || this.#had(socket, from.key, entry.number);
    this.#carryOut(entry, { spares, again: true });
  }

  /** What `sender` has said from this number on comes from itself; for the sessions that left before, it was kept. */
  switched(old: string, sender: string, number: number): void {
    const inbound = this.#inbound.get(old);
    if (inbound === undefined) return;
    const spares = (socket: object): boolean => !inbound.waitsFor(sender, socket);
    for (const entry of this.#log.entries()) {
      const isMeant = entry.sender === sender && entry.relayed === undefined && entry.number > number;
      if (isMeant) this.#carryOut(entry, { spares, again: true });
    }
    inbound.switched(sender, number);
  }

  /** Ids of those that an old worker may name, too, to who counts answers. */
  named(sockets: readonly LocalSocket[]): ReadonlySet<string> {
    const all = [...this.#inbound.values()];
    const moved = sockets.filter((socket) => all.some((one) => one.has(socket)));
    return new Set(moved.map(({ id }) => id));
  }

  /** Forgets those old workers of which nothing can come any more that a session had there. */
  forgetDone(): void {
    const hasCaughtUp = (sender: string, number: number): boolean =>
      !isPeer(this.#host, sender) || this.#numbers.of(sender) >= number;
    for (const [old, inbound] of this.#inbound) if (inbound.isDone(hasCaughtUp)) this.#inbound.delete(old);
  }

  #opened(): [old: string, inbound: Inbound][] {
    return [...this.#inbound].filter(([, { over }]) => !over);
  }

  #had(socket: object, sender: string, number: number | undefined): boolean {
    const handled = this.#numbers.of(sender);
    for (const inbound of this.#inbound.values()) {
      if (inbound.had(socket, sender, number, handled)) return true;
    }
    return false;
  }

  #carryOut({ sender, relayed = sender, bytes }: LogEntry, scope: Scope): void {
    const { bus } = this.#host;
    const from = bus.peers().find(({ key }) => key === relayed) ?? bus.self;
    guard(() => this.#host.carryOut(from, decodeMessage(bytes), scope));
  }
}
