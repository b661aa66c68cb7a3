import { expect, test } from "vitest";
import { MemoryNetwork } from "../../../src/bus/memory-network.js";
import { peerOf } from "../../../src/bus/peer-table.js";
import { Standby } from "../../../src/bus/standby.js";

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const waiting = peerOf({ host: 0, slot: 9, incarnation: "w", generation: 2, standby: true });

test("a peer that came as one that waits serves once it says so, and everybody hears it", async () => {
  const network = new MemoryNetwork();
  const [first, second] = [network.join(0), network.join(1)];
  const served: string[] = [];
  const watching = new Standby(first, false, ({ key }) => served.push(key));
  const self = new Standby(second, true, () => {});
  expect([self.self, watching.serves(waiting), watching.serves(second.self)]).toEqual([true, false, true]);
  self.end();
  await settled();
  expect([self.self, served]).toEqual([false, [second.self.key]]);
  expect(watching.serves({ ...waiting, key: second.self.key })).toBe(true);
});

test("who comes later is told that one serves which is known to him as one that waits", async () => {
  const network = new MemoryNetwork();
  const waits = network.join(0);
  const self = new Standby(waits, true, () => {});
  self.end();
  const late = network.join(1);
  const served: string[] = [];
  new Standby(late, false, ({ key }) => served.push(key));
  await settled();
  expect(served).toEqual([waits.self.key]);
});

test("a peer that gives its sessions away is known as such, also to who comes later, until it keeps them", async () => {
  const network = new MemoryNetwork();
  const [first, second] = [network.join(0), network.join(1)];
  const served: string[] = [];
  const watching = new Standby(first, false, ({ key }) => served.push(key));
  const self = new Standby(second, false, () => {});
  self.leave();
  const late = new Standby(network.join(2), false, () => {});
  await settled();
  expect([watching.leaves(second.self), late.leaves(second.self)]).toEqual([true, true]);
  expect(watching.serves(second.self)).toBe(true);
  self.stay();
  await settled();
  expect([watching.leaves(second.self), late.leaves(second.self)]).toEqual([false, false]);
  // It was never another worker's place that it took.
  expect(served).toEqual([]);
});
