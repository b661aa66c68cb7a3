import { beforeEach, describe, expect, test } from "vitest";
import { arrive, depart, MovingFleet, type Session, settle, turns, type Worker } from "./moving-fleet.js";

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

  test("when a worker comes at the end, and speaks before the new one knows that it is the end", async () => {
    arrive(depart([session], newer), newer);
    fleet.network.hold(older.bus, newer.bus);
    older.adapter.moves.unmirror();
    const late = fleet.add(5);
    await settled();
    late.io.emit("late", 7);
    await settled();
    fleet.network.release(older.bus, newer.bus);
    await settled();
    expect(numbers(session)).toEqual([7]);
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

const WORKERS = ["older", "newer", "third"] as const;
const pick = (name: (typeof WORKERS)[number]): Worker => ({ older, newer, third })[name];
const ids = (sockets: readonly { id: string }[]): string[] => sockets.map(({ id }) => id).toSorted();

describe.each(WORKERS)("asked by the %s worker", (name) => {
  const ask = (): Promise<unknown[]> => pick(name).io.timeout(2000).emitWithAck("ask", 0);
  const fetch = (): Promise<readonly { id: string }[]> => pick(name).io.fetchSockets();
  let others: string[];

  beforeEach(async () => {
    others = [older, newer, third].map((worker) => fleet.connect(worker).id);
    await settled();
  });

  test("a session that has not left answers once", async () => {
    const answers = ask();
    await settled();
    arrive(depart([session], newer), newer);
    expect((await answers).toSorted()).toEqual([...others, session.id].toSorted());
  });

  test("a session on its way is waited for, and answers once", async () => {
    const batch = depart([session], newer);
    const answers = ask();
    await settled();
    arrive(batch, newer);
    settle(batch);
    expect((await answers).toSorted()).toEqual([...others, session.id].toSorted());
  });

  test("a session whose arrival is not known to the old worker answers once", async () => {
    arrive(depart([session], newer), newer);
    expect((await ask()).toSorted()).toEqual([...others, session.id].toSorted());
  });

  test("a session that comes back answers once", async () => {
    const batch = depart([session], newer);
    const answers = ask();
    await settled();
    arrive(batch, older);
    expect((await answers).toSorted()).toEqual([...others, session.id].toSorted());
  });

  test("when the old worker dies, nobody waits for what was on its way", async () => {
    depart([session], newer);
    if (name === "older") return;
    const gone = others[0];
    const answers = ask();
    fleet.kill(older);
    expect((await answers).toSorted()).toEqual(others.filter((id) => id !== gone).toSorted());
  });

  test("a session is found once, wherever it is", async () => {
    const expected = [...others, session.id].toSorted();
    expect(ids(await fetch())).toEqual(expected);
    const batch = depart([session], newer);
    expect(ids(await fetch()), "on its way").toEqual(expected);
    arrive(batch, newer);
    expect(ids(await fetch()), "known at both").toEqual(expected);
    settle(batch);
    expect(ids(await fetch()), "known at the new one").toEqual(expected);
  });

  test("a session is found while it arrives", async () => {
    const batch = depart([session], newer);
    fleet.network.hold(third.bus, older.bus);
    fleet.network.hold(newer.bus, older.bus);
    const found = fetch();
    await settled();
    arrive(batch, newer);
    settle(batch);
    fleet.network.release(third.bus, older.bus);
    fleet.network.release(newer.bus, older.bus);
    expect(ids(await found)).toEqual([...others, session.id].toSorted());
  });

  test("a session on its way is found where it was asked to go meanwhile", async () => {
    const batch = depart([session], newer);
    pick(name).io.in(session.id).socketsJoin("fresh");
    await settled();
    expect(ids(await pick(name).io.in("fresh").fetchSockets())).toEqual([session.id]);
    pick(name).io.to("fresh").emit("welcome", 1);
    await settled();
    arrive(batch, newer);
    pick(name).io.to("fresh").emit("welcome", 2);
    await settled();
    expect(numbers(session)).toEqual([1, 2]);
  });
});

test("a session that moves to another slot is reached by its id, and left out by it, there", async () => {
  older.adapter.moves.unmirror();
  const far = fleet.add(7);
  await settled();
  await fleet.open(older, far);
  const batch = depart([session], far);
  third.io.to(session.id).emit("private", 0);
  await settled();
  arrive(batch, far);
  settle(batch);
  newer.io.to(session.id).emit("private", 1);
  older.adapter.moves.unmirror();
  await settled();
  for (const { io } of fleet.workers) io.except(session.id).emit("others", 9);
  for (const [i, { io }] of fleet.workers.entries()) io.to(session.id).emit("private", i + 2);
  await settled();
  fleet.kill(older);
  await settled();
  third.io.to(session.id).emit("private", 6);
  await settled();
  expect(numbers(session).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("a session that is disconnected on its way arrives, and is disconnected then", async () => {
  const batch = depart([session], newer);
  third.io.in("room").disconnectSockets();
  third.io.emit("after", 1);
  await settled();
  arrive(batch, newer);
  expect(session.worker, "the app hears of it first").toBe(newer);
  await turns(1);
  expect(session.worker).toBe(undefined);
  expect(session.heard, "what was said after that").toEqual([]);
});

test("the log of the new worker is asked to be short, and ends with the move", async () => {
  const text = "x".repeat(100_000);
  let most = 0;
  for (let i = 0; i < 100; i++) {
    third.io.emit("long", i, text);
    await settled();
    most = Math.max(most, newer.adapter.gauges().movesBytes);
  }
  expect(most).toBeLessThan(3_000_000);
  older.adapter.moves.unmirror();
  await settled();
  expect(newer.adapter.gauges()).toMatchObject({ moves: 0, movesBytes: 0 });
});

test("workers of which one dies leave nothing behind", async () => {
  say(0);
  depart([session], newer);
  say(1);
  await settled();
  fleet.kill(older);
  await settled();
  for (const { adapter } of fleet.workers) expect(adapter.gauges().moves).toBe(0);
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
