import { expect, test } from "vitest";
import { newBusCounters } from "../../../src/bus/counters.js";
import { peerOf } from "../../../src/bus/peer-table.js";
import { busSnapshot } from "../../../src/worker/bus-snapshot.js";

test("the snapshot names the slots of hung peers, and takes each number from its counter", () => {
  const counters = { ...newBusCounters(), sent: 1, received: 2, lost: 3 };
  Object.assign(counters.dropped, { volatile: 4, overflow: 5, tooLarge: 6, malformed: 7 });
  const hung = [peerOf({ host: 0, slot: 9, incarnation: "a", generation: 1 })];
  expect(busSnapshot({ counters, queuedBytes: 8, hung: () => hung })).toEqual({
    hung: [9],
    queuedBytes: 8,
    sent: 1,
    received: 2,
    lost: 3,
    droppedVolatile: 4,
    droppedOverflow: 5,
    droppedTooLarge: 6,
    malformed: 7,
  });
});
