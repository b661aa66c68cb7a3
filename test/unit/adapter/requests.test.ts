import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
  return requests.open([one, two], timeout, {
    answer: (from, { body }) => {
      log.push(`${from.identity.slot} ${body}`);
      if (body.toString() === "senseless") throw new WireError("senseless");
      return body.toString() === "last";
    },
    done: (key) => log.push(`done ${key}`),
    end: (missing) => log.push(`end ${missing}`),
  });
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

test("a peer that dies, and one that knows no such namespace, are not waited for", () => {
  const request = ask();
  requests.peerDown(stranger);
  requests.peerDown(one);
  expect(log).toEqual(["done 0.1.a"]);
  requests.receive(two, answer(request, "", MessageKind.ABSENT));
  expect(log).toEqual(["done 0.1.a", "done 0.2.a", "end 0"]);
});

test("the death of a peer ends all questions that wait for it alone", () => {
  const numbers = [ask(), ask(), ask()];
  for (const request of numbers) requests.receive(two, answer(request, "last"));
  log = [];
  requests.peerDown(one);
  expect(log).toEqual(Array(3).fill(["done 0.1.a", "end 0"]).flat());
});

test("the time limit ends a question with the number of those that are missing", () => {
  const request = ask(1000);
  requests.receive(two, answer(request, "last"));
  vi.advanceTimersByTime(999);
  expect(log).toEqual(["2 last", "done 0.2.a"]);
  vi.advanceTimersByTime(1);
  expect(log.at(-1)).toBe("end 1");
  requests.receive(one, answer(request, "last"));
  requests.peerDown(one);
  expect(log).toHaveLength(3);
});

test("a senseless answer is counted, and its peer is done", () => {
  const request = ask();
  requests.receive(one, answer(request, "senseless"));
  requests.receive(two, answer(request, "last"));
  expect(log.at(-1)).toBe("end 0");
  expect(malformed).toBe(1);
});

test("numbers differ, and 0 is none of them", () => {
  const numbers = Array.from({ length: 100 }, () => ask());
  expect(new Set(numbers).size).toBe(100);
  expect(numbers).not.toContain(0);
});
