/**
 * Promise: whatever workers of any host say while sessions move from one worker of a host to another, each session gets what is for it once, and
 * what one worker said in its order; and questions find every session once, wherever it is.
 */

import fc from "fast-check";
import { test } from "vitest";
import { type Command, commands } from "./commands.js";
import { MovingHosts } from "./moving-hosts.js";

/** Milliseconds. */
const LIMIT = 60_000;

async function hold(hosts: number, list: readonly Command[]): Promise<void> {
  const world = await MovingHosts.open(hosts);
  try {
    for (const command of list) await world.run(command);
    await world.settle();
  } finally {
    world.close();
  }
}

test("exactly once, in order, on all hosts, while sessions move", { timeout: LIMIT }, async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: 3 }), commands, hold), { numRuns: 100 });
});
