/** Contract: a peer that does not read: what it costs, what is dropped for it, and how it is told. */

import { expect, test } from "vitest";
import { account } from "./account.js";
import { CHANNEL, numbered, type Recorder } from "./recorder.js";
import type { Rig } from "./rig.js";
import { actUntil, turn, until } from "./until.js";

const KiB = 1024;
const SIZE = 32 * KiB;
const LIMIT = 512 * KiB;

/** Messages `from` to `to`, a turn of the loop each, so that whatever can leave leaves. */
async function flood({ bus }: Recorder, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    bus.publish(CHANNEL, numbered(i, SIZE));
    await turn();
  }
}

export function slowPeerTests(rig: Rig): void {
  /** So many messages of `SIZE` cannot all wait for a peer that does not read. */
  const tooMany = (): number => 2 * Math.ceil((LIMIT + rig.carrier.underWay) / SIZE);

  test("a peer that does not read delays nobody else, and costs a bounded queue", async () => {
    const [sender, reader, sleeper] = await rig.trio({ queueLimit: LIMIT });
    rig.carrier.stall(sleeper.bus);
    for (let i = 0; i < tooMany(); i++) {
      sender.bus.publish(CHANNEL, numbered(i, SIZE));
      await until(() => reader.texts().length === i + 1);
    }
    const { dropped } = sender.bus.counters;
    expect(dropped.overflow * SIZE).toBeGreaterThanOrEqual(LIMIT);
    rig.carrier.resume(sleeper.bus);
    await until(() => account(sleeper.of(sender)).next === tooMany());
    const { received, lost } = account(sleeper.of(sender));
    expect(received * SIZE).toBeLessThanOrEqual(LIMIT + SIZE + rig.carrier.underWay);
    expect(lost).toBe(dropped.overflow);
    expect(account(reader.of(sender)), "the one that read missed nothing").toMatchObject({
      received: tooMany(),
      lost: 0,
    });
  });

  test("each loss is told in its place and with its count: what arrives and what is lost are all that was sent", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    let sent = 0;
    for (const round of [1, 2, 3]) {
      rig.carrier.stall(right.bus);
      await flood(left, sent, sent + tooMany());
      sent += tooMany();
      rig.carrier.resume(right.bus);
      await until(() => left.notices().filter((notice) => notice === "fits 1").length === round);
      await flood(left, sent, sent + 3);
      sent += 3;
      await until(() => account(right.of(left)).next === sent);
    }
    const { notices, lost } = account(right.of(left));
    expect(notices).toBe(3);
    expect(lost).toBe(left.bus.counters.dropped.overflow);
  });

  test("a burst that is longer than the queue is told in the same way, though the peer reads", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    for (let i = 0; i < 100; i++) left.bus.publish(CHANNEL, numbered(i, SIZE));
    await until(() => account(right.of(left)).next === 100);
    expect(account(right.of(left)).lost).toBe(left.bus.counters.dropped.overflow);
  });

  test("fitsAgain is called behind the notice of loss: what is said there comes next", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    left.bus.subscribe("another", {
      message: () => {},
      fitsAgain: ({ identity }) => left.say(`you missed something, slot ${identity.slot}`),
    });
    rig.carrier.stall(right.bus);
    await flood(left, 0, tooMany());
    expect(left.notices()).not.toContain("fits 1");
    rig.carrier.resume(right.bus);
    await until(() => right.texts().includes("you missed something, slot 1"));
    const [notice, next] = right.of(left).slice(-2);
    expect(notice).toBe(`lost ${left.bus.counters.dropped.overflow} of`);
    expect(next).toBe("you missed something, slot 1");
    expect(left.of(right).filter((event) => event === "fits")).toHaveLength(1);
  });

  test("a fitsAgain that fills the queue again is told of the next loss, too", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    const BURST = 100;
    let sent = 0;
    const burst = (): void => {
      for (let i = 0; i < BURST; i++) left.bus.publish(CHANNEL, numbered(sent++, SIZE));
    };
    left.bus.subscribe("another", {
      message: () => {},
      fitsAgain: () => {
        if (sent < 5 * BURST) burst();
      },
    });
    burst();
    await until(() => sent === 5 * BURST && account(right.of(left)).next === sent);
    expect(account(right.of(left)).notices).toBe(5);
    expect(account(right.of(left)).lost).toBe(left.bus.counters.dropped.overflow);
  });

  test("volatile messages go first: they are counted and not told, and leave half of the queue to the others", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    const { counters } = left.bus;
    let volatile = 0;
    const publishVolatile = (): void => left.bus.publish(CHANNEL, numbered(volatile++, SIZE), true);
    rig.carrier.stall(right.bus);
    await actUntil(publishVolatile, () => counters.dropped.volatile >= 10);
    expect(counters.dropped.overflow).toBe(0);
    for (const text of ["first", "second", "third"]) left.say(text);
    rig.carrier.resume(right.bus);
    await until(() => right.texts().includes("third"));
    const before = right.texts().length;
    publishVolatile();
    await until(() => right.texts().length > before);
    expect(right.texts().slice(before - 3, before)).toEqual(["first", "second", "third"]);
    expect(right.texts().at(-1), "there is room for volatile messages again").toBe(`#${volatile - 1}`);
    expect(right.texts().length + counters.dropped.volatile).toBe(volatile + 3);
    expect(counters.dropped.overflow).toBe(0);
    expect(left.notices()).not.toContain("fits 1");
    expect(right.notices().filter((notice) => notice.startsWith("lost"))).toEqual([]);
  });

  test("once the queue was full, everything is dropped until half of it is free", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    const { counters } = left.bus;
    rig.carrier.stall(right.bus);
    let sent = 0;
    await actUntil(
      () => left.bus.publish(CHANNEL, numbered(sent++, SIZE)),
      () => counters.dropped.overflow > 0,
    );
    const copies = counters.sent;
    // A small one would fit, but it would come before what was dropped is told.
    left.bus.publish(CHANNEL, numbered(sent++));
    left.bus.publish(CHANNEL, numbered(sent), true);
    expect(counters.sent).toBe(copies);
    expect(counters.dropped).toMatchObject({ overflow: 2, volatile: 1 });
    rig.carrier.resume(right.bus);
    await until(() => account(right.of(left)).next === sent);
    expect(account(right.of(left)).lost).toBe(2);
  });

  test("while the peer catches up nothing is taken before fitsAgain, and then volatile messages are, too", async () => {
    const [left, right] = await rig.pair({ queueLimit: LIMIT });
    const { counters } = left.bus;
    const copies: number[] = [];
    const probe = (): void => {
      if (copies.length === 0) left.say("too early");
    };
    right.bus.subscribe("bulk", { message: probe });
    left.bus.subscribe("bulk", {
      message: () => {},
      fitsAgain: () => {
        copies.push(counters.sent);
        left.bus.publish(CHANNEL, Buffer.from("volatile"), true);
        copies.push(counters.sent);
      },
    });
    while (counters.dropped.overflow === 0) left.bus.publish("bulk", numbered(0, SIZE));
    const full = counters.sent;
    // Probed in each turn, and in the middle of one, wherever the queue stands then.
    await actUntil(probe, () => copies.length > 0);
    expect(copies).toEqual([full, full + 1]);
    await until(() => right.texts().length > 0);
    expect(right.of(left)).toEqual([`lost ${counters.dropped.overflow} of`, "volatile"]);
  });

  test("the loss of one sender is nothing to the messages of another", async () => {
    const [loud, quiet, sleeper] = await rig.trio({ queueLimit: LIMIT });
    rig.carrier.stall(sleeper.bus);
    await flood(loud, 0, tooMany());
    for (let i = 0; i < 20; i++) quiet.bus.send([sleeper.bus.self], CHANNEL, numbered(i));
    rig.carrier.resume(sleeper.bus);
    await until(() => account(sleeper.of(loud)).next === tooMany() && account(sleeper.of(quiet)).next === 20);
    expect(account(sleeper.of(quiet))).toMatchObject({ received: 20, lost: 0 });
    expect(account(sleeper.of(loud)).lost).toBeGreaterThan(0);
    expect(quiet.of(sleeper)).not.toContain("fits");
  });

  test("a peer that goes while messages to it are dropped is down, and no more is said of it", async () => {
    const [left, right, witness] = await rig.trio({ queueLimit: LIMIT, hungAfter: 60_000 });
    rig.carrier.stall(right.bus);
    await flood(left, 0, tooMany());
    rig.carrier.kill(right.bus);
    await until(() => !left.knows(right));
    left.say("marker");
    await until(() => witness.texts().includes("marker"));
    expect(left.of(right)).toEqual(["down"]);
  });
}
