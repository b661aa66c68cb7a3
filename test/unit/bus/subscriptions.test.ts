import { afterEach, beforeEach, expect, test } from "vitest";
import { Subscriptions } from "../../../src/bus/subscriptions.js";

const peer = { key: "0.1.a", identity: { host: 0, slot: 1, incarnation: "a", generation: 1 } };

/** The runner's own listeners would report what these tests provoke. */
let runners: NodeJS.UncaughtExceptionListener[] = [];
beforeEach(() => {
  runners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
});
afterEach(() => {
  process.removeAllListeners("uncaughtException");
  for (const listener of runners) process.on("uncaughtException", listener);
});

test("what a handler throws is an uncaught exception, and the others are still called", async () => {
  const subscriptions = new Subscriptions();
  const called: string[] = [];
  const uncaught: unknown[] = [];
  process.on("uncaughtException", (error) => uncaught.push(error));
  const failure = new Error("in the app");
  subscriptions.subscribe("a", {
    message: () => {
      throw failure;
    },
    peerDown: () => {
      throw failure;
    },
  });
  subscriptions.subscribe("b", { message: () => {}, peerDown: () => called.push("b") });
  expect(subscriptions.deliver("a", peer, Buffer.from("x"))).toBe(true);
  subscriptions.peerDown(peer);
  expect(called).toEqual(["b"]);
  expect(uncaught).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(uncaught).toEqual([failure, failure]);
});

test("a handler may end subscriptions while peers are announced", () => {
  const subscriptions = new Subscriptions();
  const called: string[] = [];
  const endFirst = subscriptions.subscribe("a", {
    message: () => {},
    peerUp: () => {
      called.push("a");
      endFirst();
    },
  });
  subscriptions.subscribe("b", { message: () => {}, peerUp: () => called.push("b") });
  subscriptions.peerUp(peer);
  subscriptions.peerUp(peer);
  expect(called).toEqual(["a", "b", "b"]);
  expect(subscriptions.size).toBe(1);
});

test("one that was ended by an earlier handler of the same event is not called", () => {
  const subscriptions = new Subscriptions();
  const called: string[] = [];
  subscriptions.watch({ peerHung: () => endSecond(), peerDown: () => subscriptions.clear() });
  const endSecond = subscriptions.subscribe("a", {
    message: () => {},
    peerHung: () => called.push("a hung"),
  });
  subscriptions.subscribe("b", {
    message: () => {},
    peerHung: () => called.push("b hung"),
    peerDown: () => called.push("b down"),
  });
  subscriptions.peerHung(peer);
  subscriptions.peerDown(peer);
  expect(called).toEqual(["b hung"]);
  expect(subscriptions.size).toBe(0);
});

test("a subscription that ended long ago does not end its successor, though the handlers are the same", () => {
  const subscriptions = new Subscriptions();
  const handlers = { message: () => {} };
  const endFirst = subscriptions.subscribe("a", handlers);
  endFirst();
  subscriptions.subscribe("a", handlers);
  endFirst();
  expect(subscriptions.size).toBe(1);
});
