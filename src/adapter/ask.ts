/** Adapter, in a worker: gathers what other workers answer. A worker that dies meanwhile counts with what it said until then. */

import { deferred } from "../base/deferred.js";
import type { Peer } from "../bus/bus.js";
import type { Ack } from "./internals.js";
import type { Requests } from "./requests.js";
import { decodeValue } from "./values.js";
import { DEFAULT_TIMEOUT, type Message, MessageKind, WireError } from "./wire.js";

/** Whom to ask, and how long to wait, in milliseconds. */
export type Question = {
  readonly requests: Requests;
  readonly peers: readonly Peer[];
  readonly timeout: number | undefined;
};

/**
 * The answers of the clients of other workers. A worker's count is passed on once its last client has answered, or it died: so
 * the sum of all counts is the number of answers that can still come, and nobody waits for the clients of the dead.
 * @returns the request's number
 */
export function collectAcks(
  { requests, peers, timeout = DEFAULT_TIMEOUT }: Question,
  { onCount, ack }: { onCount: (count: number) => void; ack: Ack },
): number {
  const expected = new Map<string, number>();
  const got = new Map<string, number>(peers.map(({ key }) => [key, 0]));
  return requests.open(peers, timeout, {
    answer: ({ key }, message) => {
      if (message.kind === MessageKind.COUNT) {
        expected.set(key, readCount(message));
      } else {
        const value = readValue(message, MessageKind.ACK);
        got.set(key, (got.get(key) ?? 0) + 1);
        ack(value);
      }
      return got.get(key) === expected.get(key);
    },
    done: (key) => onCount(got.get(key) ?? 0),
    // Whoever asked has a time limit of its own.
    end: () => {},
  });
}

/** @returns the request's number, and the descriptions of the sockets of other workers; rejects at the time limit */
export function collectSockets({ requests, peers, timeout = DEFAULT_TIMEOUT }: Question): {
  request: number;
  sockets: Promise<unknown[]>;
} {
  const { promise, resolve, reject } = deferred<unknown[]>();
  const sockets: unknown[] = [];
  const request = requests.open(peers, timeout, {
    answer: (_, message) => {
      const some = readValue(message, MessageKind.SOCKETS);
      if (!Array.isArray(some)) throw new WireError("sockets of a wrong shape");
      for (const socket of some) sockets.push(socket);
      return true;
    },
    end: (missing) => (missing === 0 ? resolve(sockets) : reject(timedOut(peers.length, missing))),
  });
  return { request, sockets: promise };
}

/** Calls `ack(error, answers)` later. @returns the request's number */
export function collectAnswers({ requests, peers, timeout = DEFAULT_TIMEOUT }: Question, ack: Ack): number {
  const answers: unknown[] = [];
  return requests.open(peers, timeout, {
    answer: (_, message) => {
      answers.push(readValue(message, MessageKind.EMITTED));
      return true;
    },
    end: (missing) => process.nextTick(ack, missing === 0 ? null : timedOut(peers.length, missing), answers),
  });
}

/** The words that Socket.IO's own adapters use: apps look for them. */
function timedOut(asked: number, missing: number): Error {
  return new Error(`timeout reached: only ${asked - missing} responses received out of ${asked}`);
}

function readCount({ body }: Message): number {
  if (body.length !== 4) throw new WireError("a count of a wrong size");
  return body.readUInt32BE();
}

function readValue({ kind, body }: Message, wanted: MessageKind): unknown {
  if (kind !== wanted) throw new WireError(`an answer of kind ${kind} where ${wanted} is right`);
  return decodeValue(body);
}
