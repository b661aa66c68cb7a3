/**
 * Promise: whatever happens at the same time, a session that moves between workers gets each message that is for it once, and those
 * of one sender in their order. The world below does it; the model is what each sender has said to whom.
 */

import fc from "fast-check";
import { test } from "vitest";
import { type Command, commands } from "./commands.js";
import { World } from "./world.js";

/** Milliseconds. */
const LIMIT = 60_000;

async function hold(list: readonly Command[]): Promise<void> {
  const world = await World.open();
  try {
    for (const command of list) await world.run(command);
    await world.settle();
  } finally {
    world.close();
  }
}

test.each([
  ["while sessions move and come back", { faults: false }, 400],
  ["while workers come, die and hang", { faults: true }, 600],
])("exactly once, in order, %s", { timeout: LIMIT }, async (_, options, numRuns) => {
  await fc.assert(fc.asyncProperty(commands(options), hold), { numRuns });
});
