/**
 * Adapter, in the new worker: what sessions that came from one old worker had there already. A message of X that the old one had
 * handled before a session left may reach this worker afterwards: then the session must not get it again.
 */

import type { Position } from "../session-moves.js";

export class Inbound {
  /** No more sessions come from there, and nothing is passed on; what is known is kept until every sender has caught up. */
  over = false;
  /** Sockets that came, and up to where they had everything. */
  readonly #had = new WeakMap<object, Position>();
  /** Senders who did not mirror when a session left, and from which number on they did. Until then the old worker passes on what they say. */
  readonly #switched = new Map<string, number>();
  /** No position that comes is behind this one. */
  #newest: Position = {};

  /** Sessions come from there, perhaps again. */
  begin(): void {
    this.over = false;
  }

  end(): void {
    this.over = true;
  }

  /** Positions come in the order in which the sessions left. */
  arrived(sockets: Iterable<object>, position: Position): void {
    for (const socket of sockets) this.#had.set(socket, position);
  }

  /** Sessions that come from now on are not behind this. */
  raise(position: Position): void {
    this.#newest = position;
  }

  /** From this number on, what `sender` says comes from itself. */
  switched(sender: string, number: number): void {
    this.#switched.set(sender, number);
  }

  /** What sessions of this position had of `sender`; undefined while that comes by the old worker. */
  lastOf(sender: string, position: Position): number | undefined {
    return position[sender] ?? this.#switched.get(sender);
  }

  /** What every session that can still come will have had of this sender; -1 if nothing is known of it. */
  floorOf(sender: string): number {
    return this.#newest[sender] ?? -1;
  }

  has(socket: object): boolean {
    return this.#had.has(socket);
  }

  /** Whether this session left before `sender` mirrored, so that it waits for the numbers that follow. */
  waitsFor(sender: string, socket: object): boolean {
    const position = this.#had.get(socket);
    return position !== undefined && this.lastOf(sender, position) === undefined;
  }

  /**
   * Whether this socket had the message where it was before, or gets it by another way.
   * @param number undefined for a message without one
   * @param handled the highest number of this sender so far: a message without one that comes before it was sent before it
   */
  had(socket: object, sender: string, number: number | undefined, handled: number): boolean {
    const position = this.#had.get(socket);
    if (position === undefined) return false;
    const last = this.lastOf(sender, position);
    if (last === undefined) return !this.over;
    return number === undefined ? handled < last : number <= last;
  }

  /** Whether nothing can come any more that a session of this worker had elsewhere. */
  isDone(hasCaughtUp: (sender: string, number: number) => boolean): boolean {
    if (!this.over) return false;
    const lasts = [...Object.entries(this.#newest), ...this.#switched];
    return lasts.every(([sender, number]) => hasCaughtUp(sender, number));
  }
}
