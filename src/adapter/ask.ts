/**
 * Adapter: gathers what other workers answer. One that dies or hangs counts with what it said until then. A bridge stands for many: it
 * sends their answers one by one, each but its last word with `more`.
 */

import { deferred } from "../base/deferred.js";
import type { Peer } from "../bus/bus.js";
import type { Ack } from "./internals.js";
import { type MissingWorker, withMissing } from "./partial.js";
import type { Asked, Outcome, Requests } from "./requests.js";
import type { Station } from "./station.js";
import { decodeValue } from "./values.js";
import { type Message, MessageKind, WireError } from "./wire.js";

export type Question = Asked & { readonly requests: Requests };

/** Those of `peers` that answer are asked; those that are hung are missing from the start. @param timeout milliseconds */
export function questionTo(peers: readonly Peer[], station: Station, timeout: number | undefined): Question {
  const answering = station.answering();
  const silent = station.silent();
  return {
    requests: station.requests,
    peers: peers.filter((peer) => answering.includes(peer)),
    missing: peers.filter((peer) => silent.includes(peer)).flatMap((peer) => station.missingOf(peer, "hung")),
    servers: (peer) => station.serversOf(peer),
    timeout,
  };
}

/** Where the answers of clients go. */
export type AckSink = {
  /** Of one that was asked, and, while sessions move, of this process: how many of its clients have answered. */
  readonly onCount: (count: number) => void;
  readonly ack: Ack;
  /** What `ack` is given; default the value. @throws {WireError} */
  readonly read?: (message: Message) => unknown;
  /** Whoever asks for itself has a time limit of its own. */
  readonly end?: (outcome: Outcome) => void;
};

/**
 * The answers of the clients of other workers. A worker's count is passed on once its last client has answered, or it died: so
 * the sum of all counts is the number of answers that can still come, and nobody waits for the clients of the dead.
 * @returns the request's number
 */
export function collectAcks(
  question: Question,
  { onCount, ack, read = readAck, end = () => {} }: AckSink,
): number {
  const expected = new Map<string, number>();
  const got = new Map<string, number>(question.peers.map(({ key }) => [key, 0]));
  return question.requests.open(question, {
    answer: ({ key }, message) => {
      if (message.kind === MessageKind.COUNT) {
        expected.set(key, readCount(message));
      } else {
        const value = read(message);
        got.set(key, (got.get(key) ?? 0) + 1);
        ack(value);
      }
      return got.get(key) === expected.get(key);
    },
    done: (key) => onCount(got.get(key) ?? 0),
    end,
  });
}

/** Descriptions of the sockets of other workers. */
export type FoundSockets = {
  readonly answers: readonly unknown[];
  readonly missing: readonly MissingWorker[];
};

/** @returns the request's number, and the descriptions of the sockets of other workers; rejects at the time limit */
export function collectSockets(question: Question): { request: number; sockets: Promise<FoundSockets> } {
  const { promise, resolve, reject } = deferred<FoundSockets>();
  const answers: unknown[] = [];
  const request = question.requests.open(question, {
    answer: (_, message) => {
      const some = readValue(message, MessageKind.SOCKETS);
      if (!Array.isArray(some)) throw new WireError("sockets of a wrong shape");
      for (const socket of some) answers.push(socket);
      return isLast(message);
    },
    end: (outcome) => {
      if (outcome.silent > 0) reject(timedOut(question, outcome));
      else resolve({ answers, missing: outcome.missing });
    },
  });
  return { request, sockets: promise };
}

/** Calls `ack(error, answers)` later. @returns the request's number */
export function collectAnswers(question: Question, ack: Ack): number {
  const answers: unknown[] = [];
  return question.requests.open(question, {
    answer: (_, message) => {
      answers.push(readValue(message, MessageKind.EMITTED));
      return isLast(message);
    },
    end: (outcome) => {
      const error = outcome.silent === 0 ? null : timedOut(question, outcome);
      process.nextTick(ack, error, withMissing(answers, outcome.missing));
    },
  });
}

/** The words that Socket.IO's own adapters use: apps look for them. */
function timedOut(question: Question, { silent, missing }: Outcome): Error {
  const { peers, servers = () => 1 } = question;
  const asked = peers.reduce((sum, peer) => sum + servers(peer), question.missing.length);
  const received = Math.max(0, asked - silent - missing.length);
  return new Error(`timeout reached: only ${received} responses received out of ${asked}`);
}

/** Whether whoever answers has nothing more to say. */
function isLast({ options }: Message): boolean {
  return (options as { more?: unknown } | undefined)?.more !== true;
}

/** @throws {WireError} */
export function readAck(message: Message): unknown {
  return readValue(message, MessageKind.ACK);
}

/** @throws {WireError} */
export function readCount({ body }: Message): number {
  if (body.length !== 4) throw new WireError("a count of a wrong size");
  return body.readUInt32BE();
}

/** @throws {WireError} for another kind of answer, or one that cannot be read */
export function readValue({ kind, body }: Message, wanted: MessageKind): unknown {
  if (kind !== wanted) throw new WireError(`an answer of kind ${kind} where ${wanted} is right`);
  return decodeValue(body);
}
