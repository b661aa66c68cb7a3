import { expect, test } from "vitest";
import { MemoryNetwork } from "../../../src/bus/memory-network.js";
import { Aliases } from "../../../src/worker/aliases.js";

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const OF_SLOT_5 = "0005abcdefghijklmnop";
const OF_SLOT_0 = "0000abcdefghijklmnop";

test("everybody knows where a moved session is, and nobody tells of those at home", async () => {
  const network = new MemoryNetwork();
  const [holder, other] = [network.join(0), network.join(1)];
  const own = new Aliases(holder, { host: 0, slot: 0 });
  const theirs = new Aliases(other, { host: 0, slot: 1 });
  own.arrived([OF_SLOT_5, OF_SLOT_0]);
  await settled();
  expect([theirs.slotOf(OF_SLOT_5), theirs.slotOf(OF_SLOT_0)]).toEqual([0, undefined]);
  own.ended(OF_SLOT_5);
  await settled();
  expect(theirs.slotOf(OF_SLOT_5)).toBe(undefined);
});

test("who comes later is told, and who dies is forgotten", async () => {
  const network = new MemoryNetwork();
  const holder = network.join(0);
  new Aliases(holder, { host: 0, slot: 0 }).arrived([OF_SLOT_5]);
  const late = new Aliases(network.join(1), { host: 0, slot: 1 });
  await settled();
  expect(late.slotOf(OF_SLOT_5)).toBe(0);
  network.kill(holder);
  await settled();
  expect(late.slotOf(OF_SLOT_5)).toBe(undefined);
});

test("a session that moves on belongs to the last one that said so", async () => {
  const network = new MemoryNetwork();
  const [first, second, third] = [network.join(0), network.join(1), network.join(2)];
  const before = new Aliases(first, { host: 0, slot: 0 });
  const after = new Aliases(second, { host: 0, slot: 1 });
  const watching = new Aliases(third, { host: 0, slot: 2 });
  before.arrived([OF_SLOT_5]);
  await settled();
  after.arrived([OF_SLOT_5]);
  await settled();
  before.ended(OF_SLOT_5);
  await settled();
  expect(watching.slotOf(OF_SLOT_5)).toBe(1);
});

test("news that make no sense say nothing", async () => {
  const network = new MemoryNetwork();
  const [sender, receiver] = [network.join(0), network.join(1)];
  const aliases = new Aliases(receiver, { host: 0, slot: 1 });
  await settled();
  for (const text of ["", "{", "null", '{"has":5}', '{"has":[1,null]}']) {
    sender.publish("aliases", Buffer.from(text));
  }
  sender.publish("aliases", Buffer.from(JSON.stringify({ has: [OF_SLOT_5] })));
  await settled();
  expect(aliases.slotOf(OF_SLOT_5)).toBe(0);
});
