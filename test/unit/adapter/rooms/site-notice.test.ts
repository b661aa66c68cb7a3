/** Promise: whoever awaits a join waits until the bridge has answered, asks as little as can be, and never waits for ever. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NAMESPACE } from "../../../../src/adapter/rooms/places.js";
import { NOTICE_LIMIT, SiteNotice } from "../../../../src/adapter/rooms/site-notice.js";
import type { Peer } from "../../../../src/bus/bus.js";
import { peerOf } from "../../../../src/bus/peer-table.js";
import { BRIDGE_SLOT } from "../../../../src/protocol/bridge-messages.js";

const BRIDGE = peerOf({ host: 0, slot: BRIDGE_SLOT, incarnation: "b", generation: 0 });

let bridge: Peer | undefined;
let asked: number[];
let notice: SiteNotice;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  bridge = BRIDGE;
  asked = [];
  let last = 0;
  notice = new SiteNotice({
    host: 0,
    bridge: () => bridge,
    next: () => ++last,
    ask: (_, request) => asked.push(request),
  });
});
afterEach(() => vi.useRealTimers());

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits from now on. @returns whether it has been resolved */
function waiting(...rooms: string[]): () => boolean {
  let done = false;
  void notice.of("/", rooms)?.then(() => {
    done = true;
  });
  return () => done;
}

test("resolves with the answer to what was asked, and what was confirmed is not asked again", async () => {
  notice.entered("/", "a");
  const done = waiting("a");
  await turn();
  expect([asked, done()]).toEqual([[1], false]);
  notice.settled(7);
  await turn();
  expect(done()).toBe(false);
  notice.settled(1);
  await turn();
  expect([done(), notice.of("/", ["a"])]).toEqual([true, undefined]);
});

test("nothing is to be awaited without a bridge, in the namespace, in rooms that nobody is told of, and in those of long ago", () => {
  const socket = "0005AAAAAAAAAAAAAAAA";
  notice.entered("/", NAMESPACE);
  notice.entered("/", socket);
  expect([notice.size, notice.of("/", [socket, "never entered"])]).toEqual([0, undefined]);
  notice.entered("/", "a");
  expect([notice.of("/", ["a"]), notice.of("/other", ["a"])]).toEqual([expect.anything(), undefined]);
  vi.advanceTimersByTime(2 * NOTICE_LIMIT);
  expect([notice.of("/", ["a"]), notice.size]).toEqual([undefined, 0]);
  bridge = undefined;
  notice.entered("/", "b");
  expect([notice.of("/", ["b"]), notice.size, vi.getTimerCount()]).toEqual([undefined, 0, 0]);
});

test("who does not await asks nothing", async () => {
  notice.entered("/", "a");
  expect(notice.of("/", ["a"])).toBeInstanceOf(Object);
  await turn();
  expect(asked).toEqual([]);
});

test("all who wait in one turn are one question; what is entered after it was asked needs another, and what was before does not", async () => {
  for (const room of ["a", "b", "c"]) notice.entered("/", room);
  const before = [waiting("a"), waiting("b"), waiting("c", "never entered")];
  await turn();
  notice.entered("/", "d");
  const after = [waiting("a"), waiting("d")];
  await turn();
  expect(asked).toEqual([1, 2]);
  notice.settled(1);
  await turn();
  expect([...before, ...after].map((done) => done())).toEqual([true, true, true, true, false]);
  notice.settled(2);
  await turn();
  expect(after.map((done) => done())).toEqual([true, true]);
});

test("resolves at the limit, when its bridge is gone, and when that was gone before it was asked", async () => {
  notice.entered("/", "a");
  const late = waiting("a");
  await turn();
  vi.advanceTimersByTime(NOTICE_LIMIT - 1);
  await turn();
  expect(late()).toBe(false);
  vi.advanceTimersByTime(1);
  await turn();
  expect(late()).toBe(true);
  notice.entered("/", "b");
  const lost = waiting("b");
  await turn();
  notice.peerDown(peerOf({ host: 0, slot: BRIDGE_SLOT, incarnation: "another", generation: 0 }));
  await turn();
  expect(lost()).toBe(false);
  notice.peerDown(BRIDGE);
  await turn();
  expect(lost()).toBe(true);
  notice.entered("/", "c");
  const unasked = waiting("c");
  bridge = undefined;
  await turn();
  await turn();
  expect([unasked(), asked]).toEqual([true, [1, 2]]);
  vi.advanceTimersByTime(2 * NOTICE_LIMIT);
  expect([notice.size, vi.getTimerCount()]).toEqual([0, 0]);
});
