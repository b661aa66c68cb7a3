/** Traffic: what all clients of one process count together. */

import {
  ASKS,
  type AskCounts,
  type AskName,
  quantilesOf,
  STREAMS,
  type StreamCounts,
  type StreamName,
  type TrafficReport,
} from "./report.js";
import type { Sequence } from "./sequence.js";

/** More examples say nothing new. */
const EXAMPLES = 40;

type Totals = Omit<
  TrafficReport,
  "streams" | "heardPlaces" | "farLosses" | "asks" | "rtt" | "clients" | "connected" | "sockets"
>;

export class Tally {
  readonly disconnects: Record<string, number> = {};
  readonly disconnectsAt: Record<string, number> = {};
  readonly connectErrors: Record<string, number> = {};
  readonly newcomers = { came: 0, connected: 0, left: 0 };
  readonly asks = record<AskName, AskCounts>(ASKS, () => ({ sent: 0, answered: 0, wrong: 0, open: 0 }));
  newIds = 0;
  moves = 0;
  /** Milliseconds. */
  rtts: number[] = [];
  readonly #streams = record<StreamName, StreamCounts>(STREAMS, nothingReceived);
  readonly #examples: string[] = [];
  readonly #began = Date.now();

  example(text: string): void {
    if (this.#examples.length < EXAMPLES) this.#examples.push(`${Date.now() - this.#began} ms: ${text}`);
  }

  /** Adds what a sequence has counted; once, at its end. */
  add(name: StreamName, counts: Pick<Sequence, keyof StreamCounts>): void {
    addTo(this.#streams[name], counts);
  }

  totals(): Totals {
    const { disconnects, disconnectsAt, connectErrors, newIds, moves, newcomers } = this;
    return { disconnects, disconnectsAt, connectErrors, newIds, moves, newcomers, examples: this.#examples };
  }

  /** @param open sequences that have not ended */
  streams(open: Iterable<readonly [StreamName, Sequence]>): Record<StreamName, StreamCounts> {
    const streams = record<StreamName, StreamCounts>(STREAMS, (name) => ({ ...this.#streams[name] }));
    for (const [name, sequence] of open) addTo(streams[name], sequence);
    return streams;
  }

  rtt() {
    return quantilesOf([...this.rtts]);
  }
}

export function countIn(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function nothingReceived(): StreamCounts {
  return { received: 0, lost: 0, doubled: 0, reordered: 0 };
}

function addTo(counts: StreamCounts, more: Pick<Sequence, keyof StreamCounts>): void {
  counts.received += more.received;
  counts.lost += more.lost;
  counts.doubled += more.doubled;
  counts.reordered += more.reordered;
}

function record<Name extends string, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
