/** Promise: a slot that is to go gets no new sessions from the moment at which it begins to give its own away. */

import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { LoadBoard } from "../../src/protocol/load-board.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

let fleet: Fleet | undefined;
let board: LoadBoard | undefined;
afterEach(async () => {
  board?.close();
  await fleet?.stop();
});

it("sessions are placed on slots that stay while one that goes still hands over", async () => {
  const started = await startFleet("handoff/app.mjs", { workers: 2 });
  fleet = started;
  // Of a slot that the fleet does not have.
  const reader = new LoadBoard(join(started.directory, started.name), 9);
  board = reader;
  const places = (): number[] => reader.read().map(({ slot }) => slot);
  expect(places()).toEqual([0, 1]);
  // Who stands still takes nothing: the other one goes on handing over until it runs again.
  const taker = await started.pidOf(0);
  process.kill(taker, "SIGSTOP");
  const scaled = started.command("scale", "1");
  try {
    await started.until("slot 1 is off the board", () => places().join() === "0");
    const { workers } = await started.status();
    expect(workers.map(({ slot, state }) => [slot, state])).toEqual([
      [0, "ready"],
      [1, "handing-over"],
    ]);
  } finally {
    process.kill(taker, "SIGCONT");
  }
  await scaled;
  expect(places()).toEqual([0]);
});
