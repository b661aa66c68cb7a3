/** Promise: who has awaited a join hears whatever any host of the site says in the room from then on; and no wait lasts for ever. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NOTICE_LIMIT } from "../../../../src/adapter/rooms/site-notice.js";
import { decodeMessage, MessageKind } from "../../../../src/adapter/wire.js";
import { Relay } from "../../../../src/bridge/relay/relay.js";
import type { Site } from "../../../../src/bridge/site.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import { BRIDGE_SLOT } from "../../../../src/protocol/bridge-messages.js";
import { MemorySite } from "../../../helpers/relay/memory-site.js";
import { MovingFleet, type Session, turns, type Worker } from "../../adapter/moves/moving-fleet.js";

type Host = {
  readonly fleet: MovingFleet;
  readonly bus: MemoryBus;
  readonly site: Site;
  readonly relay: Relay;
  readonly worker: Worker;
};

let site: MemorySite;
let near: Host;
let far: Host;
let third: Host;
let session: Session;

beforeEach(async () => {
  site = new MemorySite();
  [near, far, third] = [open(0), open(1), open(2)];
  await quiet();
  session = near.fleet.connect(near.worker);
  await quiet();
  // No wait ends by the limit unless the test says so.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
  for (const { fleet, bus } of [near, far, third]) {
    for (const { bus: other } of fleet.workers) other.close();
    bus.close();
  }
});

function open(number: number): Host {
  const fleet = new MovingFleet({ host: number });
  const bus = fleet.network.join(BRIDGE_SLOT, 0);
  let relay: Relay | undefined;
  const member = site.join(number, () => relay?.handlers);
  relay = new Relay({ mesh: bus, site: member });
  return { fleet, bus, site: member, relay, worker: fleet.add(0) };
}

async function quiet(): Promise<void> {
  for (let round = 0; round < 10; round++) {
    for (const { fleet } of [near, far, third]) await fleet.network.settled();
    await site.settled();
    await turns(1);
  }
}

const join = (...rooms: string[]) => near.worker.io.of("/").adapter.addAll(session.id, new Set(rooms));

function say({ worker }: Host, room: string): void {
  worker.io.to(room).emit("said", room);
}

function heard(): unknown[] {
  return session.heard.map(([, room]) => room);
}

/** Messages between hosts that ask whether rooms are known. */
function questions(): number {
  return site.sent.filter(({ payload }) => {
    const { kind, request } = decodeMessage(payload);
    return kind === MessageKind.ROOMS && request > 0;
  }).length;
}

/** Waits from now on. @returns whether it has been resolved */
function waiting(...rooms: string[]): () => boolean {
  let done = false;
  void join(...rooms)?.then(() => {
    done = true;
  });
  return () => done;
}

test("what another host says right after an awaited join arrives, though its workers have not read the news", async () => {
  for (const host of [far, third]) host.fleet.network.hold(host.bus, host.worker.bus);
  const rooms = Array.from({ length: 200 }, (_, index) => `room ${index}`);
  for (const room of rooms) {
    await join(room);
    say(far, room);
    say(third, room);
  }
  for (const host of [far, third]) host.fleet.network.release(host.bus, host.worker.bus);
  await quiet();
  expect(heard().sort()).toEqual([...rooms, ...rooms].sort());
});

test("what is not awaited asks nobody, and misses what another host says before it knows", async () => {
  join("a");
  say(far, "a");
  await quiet();
  expect([heard(), questions()]).toEqual([[], 0]);
  say(far, "a");
  await quiet();
  expect([heard(), questions()]).toEqual([["a"], 0]);
});

test("a second member waits as long as the first, and nobody once all know", async () => {
  const first = waiting("a");
  const second = waiting("a");
  await turns(1);
  expect([first(), second()]).toEqual([false, false]);
  await quiet();
  expect([first(), second(), join("a"), questions()]).toEqual([true, true, undefined, 1]);
});

test("nothing is to be awaited in a host without a bridge, and in the room that is the socket's own", async () => {
  expect(join(session.id)).toBeUndefined();
  near.fleet.network.kill(near.bus);
  await quiet();
  expect(join("a")).toBeUndefined();
});

test("a host of which nothing is heard is waited for until it is gone", async () => {
  site.break(near.site, third.site);
  const done = waiting("a");
  await quiet();
  expect(done()).toBe(false);
  site.remove(third.site);
  await quiet();
  expect([done(), near.relay.gauges.questions]).toEqual([true, 0]);
});

test("news that was lost is confirmed with the list that is told instead, and not before, after which what is said arrives", async () => {
  site.break(near.site, far.site);
  const before = waiting("a");
  await quiet();
  // Its workers do not read that its bridge must get everything.
  far.fleet.network.hold(far.bus, far.worker.bus);
  site.mend(near.site, far.site);
  const after = waiting("b");
  while (far.site.counters.gaps === 0) await turns(1);
  // It has found out, and is asked whether it knows; the list, for which it asks, is lost.
  site.break(near.site, far.site);
  await quiet();
  expect([before(), after()]).toEqual([false, false]);
  site.mend(near.site, far.site);
  near.site.send([far.site.self], Buffer.from("nothing"));
  while (!before() || !after()) await turns(1);
  say(far, "a");
  say(far, "b");
  far.fleet.network.release(far.bus, far.worker.bus);
  await quiet();
  expect([heard(), near.relay.gauges.questions]).toEqual([["a", "b"], 0]);
});

test("an answer that was lost comes with the next one", async () => {
  site.break(far.site, near.site);
  const done = waiting("a");
  await quiet();
  expect(done()).toBe(false);
  site.mend(far.site, near.site);
  far.site.send([near.site.self], Buffer.from("nothing"));
  await quiet();
  expect([done(), near.relay.gauges.questions]).toEqual([true, 0]);
});

test("while Redis is away nobody waits; who waited when it went is released by the limit, and nothing is kept when it is back", async () => {
  site.break(near.site, far.site);
  const before = waiting("a");
  await quiet();
  site.goAway();
  await quiet();
  expect(before()).toBe(false);
  vi.advanceTimersByTime(NOTICE_LIMIT);
  await quiet();
  expect(before()).toBe(true);
  site.mend(near.site, far.site);
  site.comeBack();
  await quiet();
  expect(near.relay.gauges.questions).toBe(0);
  site.goAway();
  const meanwhile = waiting("b");
  await quiet();
  expect(meanwhile()).toBe(true);
  site.comeBack();
  await quiet();
  say(far, "a");
  say(far, "b");
  await quiet();
  expect([heard(), near.relay.gauges.questions]).toEqual([["a", "b"], 0]);
});

test("a bridge that is killed is not waited for", async () => {
  near.fleet.network.hold(near.worker.bus, near.bus);
  const done = waiting("a");
  await quiet();
  expect(done()).toBe(false);
  near.fleet.network.kill(near.bus);
  await quiet();
  expect(done()).toBe(true);
});
