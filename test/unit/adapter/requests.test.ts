import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { missingWorker } from "../../../src/adapter/partial.js";
import { Requests } from "../../../src/adapter/requests.js";
import { type Message, MessageKind, WireError } from "../../../src/adapter/wire.js";
import { peerOf } from "../../../src/bus/peer-table.js";

const peer = (slot: number) => peerOf({ host: 0, slot, incarnation: "a", generation: 1 });
const [one, two, stranger] = [peer(1), peer(2), peer(3)];

let log: string[];
let malformed: number;
let requests: Requests;
beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  malformed = 0;
  requests = new Requests(() => {
    malformed += 1;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Each peer is done with its answer "last". */
function ask(timeout = 1000): number {
  return requests.open(
    { peers: [one, two], missing: [], timeout },
    {
      answer: (from, { body }) => {
        log.push(`${from.identity.slot} ${body}`);
        if (body.toString() === "senseless") throw new WireError("senseless");
        return body.toString() === "last";
      },
      done: (key) => log.push(`done ${key}`),
      end: ({ silent, missing }) =>
        log.push(`end ${silent}${missing.map(({ slot, reason }) => ` without ${slot}, ${reason}`).join("")}`),
    },
  );
}

const answer = (request: number, body: string, kind: number = MessageKind.ACK): Message => ({
  kind,
  request,
  address: "",
  options: undefined,
  body: Buffer.from(body),
});

test("a question ends once every peer has said its last", () => {
  const request = ask();
  requests.receive(one, answer(request, "first"));
  requests.receive(one, answer(request, "last"));
  requests.receive(two, answer(request, "last"));
  expect(log).toEqual(["1 first", "1 last", "done 0.1.a", "2 last", "done 0.2.a", "end 0"]);
  expect(requests.size).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(log).toHaveLength(6);
});

test("what comes from strangers, from peers that are done, or for other questions is dropped", () => {
  const request = ask();
  requests.receive(stranger, answer(request, "last"));
  requests.receive(one, answer(request + 1, "last"));
  requests.receive(one, answer(request, "last"));
  requests.receive(one, answer(request, "again"));
  expect(log).toEqual(["1 last", "done 0.1.a"]);
});

test("a peer that exits is missing; one that knows no such namespace, is not waited for", () => {
  const request = ask();
  expect(requests.giveUp(stranger, [missingWorker(stranger, "exited")])).toBe(0);
  expect(requests.giveUp(one, [missingWorker(one, "exited")])).toBe(1);
  expect(log).toEqual(["done 0.1.a"]);
  requests.receive(two, answer(request, "", MessageKind.ABSENT));
  expect(log).toEqual(["done 0.1.a", "done 0.2.a", "end 0 without 1, exited"]);
});

test("a peer that hangs ends all questions that wait for it alone", () => {
  const numbers = [ask(), ask(), ask()];
  for (const request of numbers) requests.receive(two, answer(request, "last"));
  log = [];
  expect(requests.giveUp(one, [missingWorker(one, "hung")])).toBe(3);
  expect(log).toEqual(Array(3).fill(["done 0.1.a", "end 0 without 1, hung"]).flat());
});

test("the time limit ends a question with the number of those that are missing", () => {
  const request = ask(1000);
  requests.receive(two, answer(request, "last"));
  vi.advanceTimersByTime(999);
  expect(log).toEqual(["2 last", "done 0.2.a"]);
  vi.advanceTimersByTime(1);
  expect(log.at(-1)).toBe("end 1");
  requests.receive(one, answer(request, "last"));
  expect(requests.giveUp(one, [missingWorker(one, "exited")])).toBe(0);
  expect(log).toHaveLength(3);
});

test("a senseless answer is counted, and its peer is done", () => {
  const request = ask();
  requests.receive(one, answer(request, "senseless"));
  requests.receive(two, answer(request, "last"));
  expect(log.at(-1)).toBe("end 0");
  expect(malformed).toBe(1);
});

test("who could not be asked is missing from the start", () => {
  const missing = [{ host: 0, slot: 9, reason: "hung" } as const];
  const outcomes: unknown[] = [];
  const request = requests.open(
    { peers: [one], missing, timeout: 1000 },
    { answer: () => true, end: (outcome) => outcomes.push(outcome) },
  );
  requests.receive(one, answer(request, "last"));
  expect(outcomes).toEqual([{ silent: 0, missing }]);
});

test("numbers differ, and 0 is none of them", () => {
  const numbers = Array.from({ length: 100 }, () => ask());
  expect(new Set(numbers).size).toBe(100);
  expect(numbers).not.toContain(0);
});
