/** Contract: what a handler may do inside a call: throw, subscribe, end subscriptions, answer, close. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { account } from "./account.js";
import { CHANNEL, numbered, type Recorder } from "./recorder.js";
import type { Rig } from "./rig.js";
import { actUntil, until } from "./until.js";

const KiB = 1024;
const LIMIT = 256 * KiB;
const options = { queueLimit: LIMIT, hungAfter: 500 };

const EVENTS = ["message", "peerUp", "peerDown", "peerHung", "peerBack", "lost", "fitsAgain"] as const;
type Event = (typeof EVENTS)[number];

/** Publishes until something was dropped because the other does not read. */
function overflow({ bus }: Recorder): Promise<void> {
  return actUntil(
    () => bus.publish(CHANNEL, numbered(0, LIMIT / 8)),
    () => bus.counters.dropped.overflow > 0,
  );
}

export function handlerTests(rig: Rig): void {
  /** Makes `event` happen at `subject`, through `other`. */
  const provoke: Record<Event, (subject: Recorder, other: Recorder) => Promise<void>> = {
    message: async (subject, other) => {
      for (let i = 0; i < 10; i++) other.tell([subject], `${i}`);
    },
    peerUp: async () => {
      await rig.join();
    },
    peerDown: async (_, other) => other.bus.close(),
    peerHung: async (_, other) => rig.carrier.stall(other.bus),
    peerBack: async (subject, other) => {
      rig.carrier.stall(other.bus);
      await until(() => subject.of(other).includes("hung"));
      rig.carrier.resume(other.bus);
    },
    lost: async (subject, other) => {
      rig.carrier.stall(subject.bus);
      await overflow(other);
      rig.carrier.resume(subject.bus);
    },
    fitsAgain: async (subject, other) => {
      rig.carrier.stall(other.bus);
      await overflow(subject);
      rig.carrier.resume(other.bus);
    },
  };

  for (const event of EVENTS) {
    test(`a bus may be closed inside ${event}: the peers are told, and no handler is called any more`, async () => {
      const [subject, other, witness] = await rig.trio(options);
      let after: string[] | undefined;
      const close = (): void => {
        subject.bus.close();
        subject.bus.publish(CHANNEL, Buffer.from("from the grave"));
        after = [...subject.events];
      };
      const note = (): void => {
        subject.events.push("called");
      };
      subject.bus.subscribe("closer", { message: () => {}, [event]: close });
      subject.bus.subscribe("behind it", { message: () => {}, [event]: note, peerDown: note });
      const end = subject.bus.subscribe("doomed", { message: close });
      if (event !== "message") end();
      else other.bus.send([subject.bus.self], "doomed", Buffer.from("close"));
      await provoke[event](subject, other);
      await until(() => after !== undefined && witness.of(subject).includes("down"));
      expect(subject.events).toEqual(after);
      expect(subject.bus.peers()).toEqual([]);
      expect(witness.texts()).not.toContain("from the grave");
    });
  }

  test("a handler may end its own subscription and begin others; they hold from the next message on", async () => {
    const [left, right] = await rig.pair();
    const heard: string[] = [];
    const endFirst = right.bus.subscribe("first", {
      message: (_, payload) => {
        heard.push(`first ${payload}`);
        endFirst();
        right.bus.subscribe("second", { message: (_from, next) => heard.push(`second ${next}`) });
        right.bus.subscribe("first", { message: (_from, next) => heard.push(`first again ${next}`) });
      },
    });
    for (const i of [1, 2])
      for (const channel of ["second", "first"]) left.bus.publish(channel, Buffer.from(`${i}`));
    left.say("marker");
    await until(() => right.texts().length === 1);
    expect(heard).toEqual(["first 1", "second 2", "first again 2"]);
  });

  test("two may answer each other inside their handlers for as long as they like, in order", async () => {
    const [left, right] = await rig.pair();
    const TURNS = 2000;
    for (const { bus } of [left, right]) {
      bus.subscribe("rally", {
        message: (from, payload) => {
          const number = payload.readUInt32BE();
          if (number < TURNS) bus.send([from], "rally", numbered(number + 1));
          bus.send([from], CHANNEL, numbered(number >> 1));
        },
      });
    }
    left.bus.publish("rally", numbered(0));
    await until(() => left.events.length + right.events.length === TURNS + 1);
    expect(account(left.of(right)).next + account(right.of(left)).next).toBe(TURNS + 1);
  });

  describe("what a handler throws", () => {
    const uncaught: string[] = [];
    const listener = (error: Error): void => {
      uncaught.push(error.message);
    };
    /** The runner's own listeners would report what these tests provoke. */
    let runners: NodeJS.UncaughtExceptionListener[] = [];
    beforeEach(() => {
      uncaught.length = 0;
      runners = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.on("uncaughtException", listener);
    });
    afterEach(() => {
      process.off("uncaughtException", listener);
      for (const runner of runners) process.on("uncaughtException", runner);
    });

    for (const event of EVENTS) {
      test(`in ${event} is an uncaught exception, and the carrier goes on`, async () => {
        const [subject, other, witness] = await rig.trio(options);
        const fail = (): never => {
          throw new Error(`thrown in ${event}`);
        };
        subject.bus.subscribe("thrower", { message: () => {}, [event]: fail });
        if (event === "message") other.bus.publish("thrower", Buffer.from("throw"));
        await provoke[event](subject, other);
        await until(() => uncaught.length > 0);
        rig.carrier.resume(other.bus);
        witness.say("still there?");
        await until(() => subject.texts().includes("still there?"));
        expect(new Set(uncaught)).toEqual(new Set([`thrown in ${event}`]));
        subject.say("still here");
        await until(() => witness.texts().includes("still here"));
      });
    }
  });
}
