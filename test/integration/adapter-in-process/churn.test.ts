/**
 * Promise: whatever happens at the same time, every receiver gets each message at most once and those of one worker in order; who was
 * a member before gets it, and who was none does not. See {@link file://./churn/ledger.ts} for what is open, and why.
 */

import fc from "fast-check";
import { test } from "vitest";
import { breaking, type Command, churning, steady } from "./churn/commands.js";
import { World } from "./churn/world.js";

/** Names that could be mistaken for something else; those of the sockets come on top. */
const ROOMS = [
  "a",
  "b",
  "",
  7 as unknown as string,
  "7",
  "507f1f77bcf86cd799439011",
  "no-socket-has-this-1",
  // As sockets of the first workers, of a slot that nobody has, and of another host.
  "0000AAAAAAAAAAAAAAAA",
  "0001AAAAAAAAAAAAAAAA",
  "00zzAAAAAAAAAAAAAAAA",
  "0100AAAAAAAAAAAAAAAA",
  "räume 😀\u0000",
  "10 kB ".padEnd(10_240, "x"),
];
const rooms = fc.subarray([...ROOMS.keys()], { minLength: 1, maxLength: 3 });

/** Milliseconds. */
const LIMIT = 60_000;

async function hold(
  { rooms, joinIds }: { rooms: readonly number[]; joinIds: boolean },
  commands: readonly Command[],
): Promise<void> {
  const world = await World.open({ rooms: rooms.map((index) => ROOMS[index] as string), joinIds });
  try {
    for (const command of commands) {
      const done = world.run(command);
      // Only what takes time is awaited: all else happens in one turn.
      if (done !== undefined) await done;
    }
    await world.settle();
  } finally {
    await world.close();
  }
}

test.each([
  ["while rooms change", steady, 250, false],
  ["while clients and workers come and go", churning, 150, false],
  ["while links break", breaking, 25, true],
  ["while sockets join the rooms of other sockets", churning, 120, true],
])(
  "exactly once, in order, to the members, %s",
  { timeout: LIMIT },
  async (_, commands, numRuns, joinIds) => {
    const options = fc.record({ rooms, joinIds: fc.constant(joinIds) });
    await fc.assert(fc.asyncProperty(options, commands, hold), { numRuns });
  },
);
