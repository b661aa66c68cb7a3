import { beforeEach, describe, expect, test } from "vitest";
import { arrive, depart, MovingFleet, type Session, type Worker } from "./moving-fleet.js";

let fleet: MovingFleet;
let older: Worker;
let newer: Worker;
let third: Worker;
let session: Session;

beforeEach(async () => {
  fleet = await MovingFleet.open(2);
  [older, third] = fleet.workers as [Worker, Worker];
  newer = fleet.add(0, 2);
  session = fleet.connect(older, "room");
  await fleet.network.settled();
  await fleet.open(older, newer);
});

const settled = (): Promise<void> => fleet.network.settled();
const numbers = ({ heard }: Session): unknown[] => heard.map(([, number]) => number);
/** What is said to everybody, and to the room, by each worker. */
function say(number: number): void {
  for (const { io } of [older, newer, third]) {
    io.emit("all", number);
    io.to("room").emit("room", number);
  }
}

/** Each message of each sender once, in the order of the sender. */
function expectEach(count: number): void {
  const expected = Array.from({ length: count }, (_, i) => i).flatMap((i) => Array(6).fill(i));
  expect(numbers(session).toSorted()).toEqual(expected);
}

describe("a session that moves gets each message once", () => {
  test("when messages arrive before it leaves, on its way, and after it", async () => {
    say(0);
    await settled();
    say(1);
    const batch = depart([session], newer);
    say(2);
    await settled();
    say(3);
    arrive(batch, newer);
    say(4);
    await settled();
    older.adapter.moves.unmirror();
    say(5);
    await settled();
    say(6);
    await settled();
    expectEach(7);
  });

  test("when the new worker is behind the old one", async () => {
    fleet.network.hold(third.bus, newer.bus);
    say(0);
    await settled();
    arrive(depart([session], newer), newer);
    fleet.network.release(third.bus, newer.bus);
    await settled();
    expectEach(1);
  });

  test("when the old worker is behind the new one", async () => {
    fleet.network.hold(third.bus, older.bus);
    say(0);
    await settled();
    arrive(depart([session], newer), newer);
    fleet.network.release(third.bus, older.bus);
    await settled();
    expectEach(1);
  });

  test("when it comes back", async () => {
    say(0);
    const batch = depart([session], newer);
    say(1);
    await settled();
    arrive(batch, older);
    say(2);
    await settled();
    expectEach(3);
  });

  test("when a worker that hangs, and does not mirror, speaks again", async () => {
    older.adapter.moves.unmirror();
    await settled();
    fleet.network.stall(third.bus);
    const mirrored = older.adapter.moves.mirror([newer.bus.self.key], 10);
    say(0);
    await mirrored;
    const batch = depart([session], newer);
    say(1);
    arrive(batch, newer);
    say(2);
    fleet.network.resume(third.bus);
    await settled();
    say(3);
    await settled();
    expectEach(4);
  });
});

test("nothing is kept once no session moves", async () => {
  say(0);
  const batch = depart([session], newer);
  say(1);
  await settled();
  arrive(batch, newer);
  older.adapter.moves.unmirror();
  await settled();
  for (const { adapter } of fleet.workers) expect(adapter.gauges().moves).toBe(0);
});
