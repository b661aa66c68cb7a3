import { expect, it } from "vitest";
import { Forward } from "../../../../src/protocol/forward-frames.js";
import type { StreamTable } from "../../../../src/worker/forward/stream-table.js";
import { Guests } from "../../../../src/worker/remote/guests.js";

it("tells every link once that this worker is about to end, those that come too late as well, until it stays", () => {
  const told: string[] = [];
  const link = (name: string): StreamTable =>
    ({ link: { send: (type: number) => told.push(`${name} ${type}`) } }) as unknown as StreamTable;
  const guests = new Guests();
  const closed = link("closed");
  guests.add(link("first"));
  guests.add(closed);
  guests.delete(closed);
  guests.leave();
  guests.leave();
  guests.add(link("late"));
  guests.stay();
  guests.add(link("back"));
  expect(told).toEqual([`first ${Forward.LEAVING}`, `late ${Forward.LEAVING}`]);
});
