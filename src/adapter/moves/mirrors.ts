/** Adapter, in every worker: sends to the new workers, too, what it sends to an old one, and tells both from which number on. */

import type { Peer } from "../../bus/bus.js";
import { MessageKind } from "../wire.js";
import { isPeer, type MovesHost, peersOf } from "./host.js";
import type { Numbers } from "./numbers.js";

type Mirror = {
  /** Keys of the new workers. */
  readonly to: readonly string[];
  /** The number of the request, which the answer names. */
  readonly round: number;
  /** Whether the old and the new ones were told that this worker mirrors. */
  answered: boolean;
  /** No more sessions leave, but the old worker still waits for the word that this one mirrors. */
  ended: boolean;
  /** New workers that were here and are not. */
  readonly gone: Set<string>;
};

export class Mirrors {
  readonly #host: MovesHost;
  readonly #self: string;
  readonly #numbers: Numbers;
  /** By key of the old worker. */
  readonly #mirrors = new Map<string, Mirror>();

  constructor(host: MovesHost, numbers: Numbers) {
    this.#host = host;
    this.#self = host.bus.self.key;
    this.#numbers = numbers;
  }

  get size(): number {
    return this.#mirrors.size;
  }

  /** Where the old one is meant, so are the new ones; where this worker is the old one, always. */
  widen(to: readonly Peer[]): readonly Peer[] {
    const more = new Set<string>();
    for (const [old, mirror] of this.#mirrors) {
      if (old !== this.#self && !to.some(({ key }) => key === old)) continue;
      for (const key of mirror.to) if (!to.some((peer) => peer.key === key)) more.add(key);
    }
    return more.size === 0 ? to : [...to, ...peersOf(this.#host, [...more])];
  }

  /** Keys of the workers to which sessions of these go, or of this one. */
  destinations(peers: readonly Peer[]): ReadonlySet<string> {
    return new Set([...peers, this.#host.bus.self].flatMap(({ key }) => this.#mirrors.get(key)?.to ?? []));
  }

  /** Sessions leave this very worker, which tells so itself. */
  beginOwn(to: readonly string[]): void {
    this.#add(this.#self, to, 0).answered = true;
  }

  endOwn(): void {
    this.#mirrors.delete(this.#self);
  }

  /** @param round the number of the request */
  begin(old: string, to: readonly string[], round: number): void {
    const before = this.#mirrors.get(old)?.to ?? [];
    this.#add(old, to, round);
    this.#sayEnded(before.filter((key) => !to.includes(key)));
    this.#answer(old);
  }

  /** @param more whether the old worker still passes on what those say who do not mirror */
  end(old: string, more: boolean): void {
    const mirror = this.#mirrors.get(old);
    if (mirror === undefined) return;
    mirror.ended = true;
    if (mirror.answered || !more) this.#stop(old);
  }

  peerUp(peer: Peer): void {
    for (const [old, mirror] of this.#into(peer.key)) {
      if (mirror.answered) this.#say(old, [peer]);
      else this.#answer(old);
    }
  }

  peerDown(key: string): void {
    this.end(key, false);
    for (const [old, mirror] of this.#into(key)) {
      mirror.gone.add(key);
      this.#answer(old);
    }
  }

  /** Some of what was sent to it is missing: it gets the newest of all. */
  fitsAgain(peer: Peer): void {
    if (this.#mirrors.get(peer.key)?.answered === true) this.#say(peer.key, [peer]);
    for (const [old, { answered }] of this.#into(peer.key)) if (answered) this.#say(old, [peer]);
    this.#sayEnded([peer.key]);
  }

  #add(old: string, to: readonly string[], round: number): Mirror {
    const mirror = { to, round, answered: false, ended: false, gone: new Set<string>() };
    this.#mirrors.set(old, mirror);
    return mirror;
  }

  /** Those of others that have this peer for a new worker. */
  #into(key: string): [old: string, mirror: Mirror][] {
    return [...this.#mirrors].filter(([old, { to }]) => old !== this.#self && to.includes(key));
  }

  /** Once every new worker that lives is a peer: what is sent from then on reaches them. */
  #answer(old: string): void {
    const mirror = this.#mirrors.get(old);
    if (mirror === undefined || mirror.answered) return;
    const isHere = (key: string): boolean =>
      key === this.#self || isPeer(this.#host, key) || mirror.gone.has(key);
    if (!mirror.to.every(isHere)) return;
    mirror.answered = true;
    this.#say(old, peersOf(this.#host, [old, ...mirror.to]));
    if (mirror.ended) this.#stop(old);
  }

  /** A number of its own: whoever has it has got everything that was sent before. */
  #say(old: string, to: readonly Peer[]): void {
    const options = { of: old, r: this.#mirrors.get(old)?.round ?? 0, n: this.#numbers.next() };
    this.#host.send(to, { kind: MessageKind.MIRRORED, options });
  }

  #stop(old: string): void {
    const { to = [] } = this.#mirrors.get(old) ?? {};
    this.#mirrors.delete(old);
    this.#sayEnded(to);
  }

  #sayEnded(to: readonly string[]): void {
    const peers = peersOf(this.#host, to);
    if (peers.length === 0) return;
    this.#host.send(peers, { kind: MessageKind.UNMIRRORED, options: { n: this.#numbers.next() } });
  }
}
