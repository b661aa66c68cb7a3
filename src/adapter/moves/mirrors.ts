/**
 * Adapter: who must get what another worker gets, as this worker was told, and the numbers of its own acting messages (those that
 * change something at sockets: broadcasts, joins, leaves, disconnects). Pure.
 */

import type { Peer } from "../../bus/bus.js";

type Mirror = {
  /** Keys of the new workers. */
  readonly to: readonly string[];
  /** Whether the old and the new ones were told that this worker mirrors. */
  answered: boolean;
  /** No more sessions leave, but the old worker still waits for the word that this one mirrors. */
  ended: boolean;
  /** New workers that were here and are not. */
  readonly gone: Set<string>;
};

export class Mirrors {
  readonly #self: string;
  readonly #mirrors = new Map<string, Mirror>();
  #last = 0;

  /** @param self key of this worker */
  constructor(self: string) {
    this.#self = self;
  }

  get size(): number {
    return this.#mirrors.size;
  }

  /** The last number that was given. Never goes back: what was said of earlier numbers stays true. */
  get last(): number {
    return this.#last;
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  get(old: string): Mirror | undefined {
    return this.#mirrors.get(old);
  }

  set(old: string, to: readonly string[]): Mirror {
    const mirror = { to, answered: false, ended: false, gone: new Set<string>() };
    this.#mirrors.set(old, mirror);
    return mirror;
  }

  delete(old: string): void {
    this.#mirrors.delete(old);
  }

  /** Old workers whose new ones include this peer. */
  *into(key: string): Iterable<[old: string, mirror: Mirror]> {
    for (const entry of this.#mirrors) if (entry[1].to.includes(key)) yield entry;
  }

  /** Where the old one is meant, so are the new ones; where this worker is the old one, always. */
  widen(to: readonly Peer[], everybody: readonly Peer[]): readonly Peer[] {
    const more = new Set<string>();
    for (const [old, mirror] of this.#mirrors) {
      if (old !== this.#self && !to.some(({ key }) => key === old)) continue;
      for (const key of mirror.to) if (!to.some((peer) => peer.key === key)) more.add(key);
    }
    return more.size === 0 ? to : [...to, ...everybody.filter(({ key }) => more.has(key))];
  }
}
