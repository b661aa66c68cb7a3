/**
 * Adapter, in a worker: gathers what clients answer while sessions move. A client on its way is named by id, by the worker that it
 * left and by the one that it reaches: it counts once, whoever brings its answer.
 */

import type { Peer } from "../../bus/bus.js";
import { type AckSink, type Question, readAck, readCount } from "../ask.js";
import type { LocalAnswers } from "../requests.js";
import { objectOf } from "../targets.js";
import { type Message, MessageKind, WireError } from "../wire.js";

type Part = { counted: boolean; expected: number; got: number; readonly named: Set<string> };

/** All parts are done at the same time: nobody knows before whose answer is missing. */
class MovingAcks implements LocalAnswers {
  readonly #sink: AckSink;
  readonly #self: string;
  readonly #parts = new Map<string, Part>();
  /** Named clients that have answered. */
  readonly #answered = new Set<string>();

  constructor(peers: readonly Peer[], self: string, sink: AckSink) {
    this.#sink = sink;
    this.#self = self;
    for (const { key } of peers) this.#parts.set(key, newPart());
    this.#parts.set(self, newPart());
  }

  counted(count: number, ids: readonly string[]): void {
    this.#count(this.#self, count, ids);
  }

  acked(id: string | undefined, value: unknown): void {
    this.#take(this.#self, id, value);
  }

  answer(key: string, message: Message): void {
    const { i } = objectOf(message.options ?? {});
    if (message.kind === MessageKind.COUNT) this.#count(key, readCount(message), idsOf(i));
    else {
      const value = (this.#sink.read ?? readAck)(message);
      this.#take(key, i === undefined ? undefined : String(i), value);
    }
  }

  /** This one is done or gone. @returns how many of the answers are counted as its own */
  done(key: string): number {
    const part = this.#parts.get(key);
    this.#parts.delete(key);
    return part?.got ?? 0;
  }

  isComplete(): boolean {
    const waiting = new Set<string>();
    for (const { counted, expected, got, named } of this.#parts.values()) {
      if (!counted || got < expected) return false;
      for (const id of named) if (!this.#answered.has(id)) waiting.add(id);
    }
    return waiting.size === 0;
  }

  #count(key: string, count: number, ids: readonly string[]): void {
    const part = this.#parts.get(key);
    if (part === undefined) return;
    part.counted = true;
    part.expected += count;
    for (const id of ids) part.named.add(id);
  }

  #take(key: string, id: string | undefined, value: unknown): void {
    const part = this.#parts.get(key);
    if (part === undefined || (id !== undefined && this.#answered.has(id))) return;
    part.got += 1;
    if (id !== undefined) {
      // It was not in the number that this worker had said.
      part.expected += 1;
      this.#answered.add(id);
    }
    this.#sink.ack(value);
  }
}

/** As {@link collectAcks}, with this worker as one of those that are asked. @returns the request's number, and where it answers itself */
export function collectMovingAcks(
  question: Question,
  self: Peer,
  sink: AckSink,
): { request: number; local: LocalAnswers } {
  const { requests } = question;
  const acks = new MovingAcks(question.peers, self.key, sink);
  const asked = { ...question, peers: [...question.peers, self] };
  const local: LocalAnswers = {
    counted: (count, ids) => {
      acks.counted(count, ids);
      requests.check(request);
    },
    acked: (id, value) => {
      acks.acked(id, value);
      requests.check(request);
    },
  };
  const request = requests.open(asked, {
    answer: ({ key }, message) => {
      acks.answer(key, message);
      return false;
    },
    isComplete: () => acks.isComplete(),
    done: (key) => sink.onCount(acks.done(key)),
    end: (outcome) => sink.end?.(outcome),
    local,
  });
  return { request, local };
}

function newPart(): Part {
  return { counted: false, expected: 0, got: 0, named: new Set() };
}

/** @throws {WireError} */
function idsOf(value: unknown = []): string[] {
  if (!Array.isArray(value)) throw new WireError("ids of sockets of a wrong shape");
  return value.map(String);
}
