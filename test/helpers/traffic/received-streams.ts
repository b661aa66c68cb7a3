/** Traffic: everything numbered that one socket receives, and whether it came exactly once. */

import { placeOf } from "./place.js";
import type { StreamName } from "./report.js";
import { Sequence } from "./sequence.js";
import type { Tally } from "./tally.js";

/** Until all hosts know that one has a member of a room; usually a few milliseconds. Milliseconds. */
const NEWS = 5_000;

/** Of broadcast streams, over all sockets of this process: how far each has come, and when it began. */
export type Ends = Map<string, { last: number; readonly began: number; readonly audience: string }>;

export class ReceivedStreams {
  readonly #owner: string;
  readonly #tally: Tally;
  readonly #ends: Ends;
  readonly #sequences = new Map<string, readonly [StreamName, Sequence]>();
  /** Since when the socket is in its rooms; undefined until it is, or was away: then broadcasts may begin anywhere. */
  #joined: number | undefined;
  /** The host that it is connected to. */
  #place = "";

  constructor(owner: string, tally: Tally, ends: Ends) {
    this.#owner = owner;
    this.#tally = tally;
    this.#ends = ends;
  }

  /** The socket is in its rooms. @param fresh it was not known to the app before @param worker that has it now */
  join(fresh: boolean, worker: string): void {
    this.#place = placeOf(worker);
    this.#joined ??= Date.now();
    if (fresh) this.#restart("tick");
  }

  interrupt(): void {
    this.#joined = undefined;
    for (const [, sequence] of this.#sequences.values()) sequence.interrupt();
  }

  /** @param first the number with which the stream has to begin; undefined: with any */
  receive(name: StreamName, stream: string, n: number, first?: number): void {
    const flaw = this.#sequence(name, stream, first).receive(n);
    if (flaw !== undefined) this.#tally.example(`${this.#owner}: ${name} ${stream} ${n} ${flaw}`);
  }

  /** @param stream namespace and audience, `/ all` or `/ room 3` @param began when its first number was sent */
  broadcast(from: string, stream: string, n: number, began: number): void {
    const name = this.#nameOf(from, stream);
    const key = `${from} ${stream}`;
    const end = this.#ends.get(key) ?? { last: 0, began, audience: stream };
    this.#ends.set(key, end);
    end.last = Math.max(end.last, n);
    this.receive(name, key, n, this.#wasThere(began, name) ? 1 : undefined);
  }

  /**
   * All senders have fallen silent: what is missing at the ends is lost.
   * @param audiences `/ all`, `/ room 3` @param dead hosts that were killed: what they sent last may have reached some and not others
   */
  finishBroadcasts(audiences: readonly string[], dead: readonly string[] = []): void {
    for (const [key, { last, began, audience }] of this.#ends) {
      if (!audiences.includes(audience) || dead.includes(placeOf(key))) continue;
      const name = this.#nameOf(key, audience);
      if (!this.#sequences.has(key) && !this.#wasThere(began, name)) continue;
      this.finish(name, key, last, 1);
    }
  }

  finish(name: StreamName, stream: string, end: number, first?: number): void {
    const lost = this.#sequence(name, stream, first).finish(end);
    if (lost > 0) this.#tally.example(`${this.#owner}: the last ${lost} of ${name} ${stream} are missing`);
  }

  entries(): Iterable<readonly [StreamName, Sequence]> {
    return this.#sequences.values();
  }

  /** What broadcasts of other hosts lack, host by host. */
  farLosses(): { from: string; to: string; lost: number }[] {
    return [...this.#sequences].flatMap(([key, [name, { lost }]]) =>
      name === "far" && lost > 0 ? [{ from: placeOf(key), to: this.#place, lost }] : [],
    );
  }

  /** The numbers of the stream begin anew. */
  #restart(stream: string): void {
    const old = this.#sequences.get(stream);
    if (old !== undefined) this.#tally.add(...old);
    this.#sequences.delete(stream);
  }

  /** @param n of those that are heard @param from the worker that said it */
  heard(client: string, n: number, from: string): void {
    const near = placeOf(from) === this.#place;
    this.receive(near ? "heard" : "farHeard", `heard of ${client}`, n);
  }

  #nameOf(from: string, audience: string): StreamName {
    if (placeOf(from) !== this.#place) return "far";
    return audience.endsWith(" all") ? "all" : "room";
  }

  #wasThere(began: number, name: StreamName): boolean {
    return this.#joined !== undefined && this.#joined + (name === "far" ? NEWS : 0) < began;
  }

  #sequence(name: StreamName, stream: string, first: number | undefined): Sequence {
    const known = this.#sequences.get(stream);
    if (known !== undefined) return known[1];
    const sequence = new Sequence(first);
    this.#sequences.set(stream, [name, sequence]);
    return sequence;
  }
}
