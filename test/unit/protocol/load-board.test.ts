import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LoadBoard } from "../../../src/protocol/load-board.js";
import { temporaryDirectory } from "../../helpers/temporary.js";

let folder: ReturnType<typeof temporaryDirectory>;
let boards: LoadBoard[];
beforeEach(() => {
  folder = temporaryDirectory();
  boards = [];
});
afterEach(() => {
  for (const board of boards) board.close();
  folder.remove();
});

function board(slot: number): LoadBoard {
  const made = new LoadBoard(folder.path, slot);
  boards.push(made);
  return made;
}

describe("the row of a slot that has two workers", () => {
  it("is the newer one's: what the older one says about its end does not count", () => {
    const [reader, older, newer] = [board(0), board(1), board(1)];
    older.handOver();
    newer.setReady(true);
    newer.setLoad(3);
    older.setLoad(7);
    older.setReady(false);
    older.close();
    expect(reader.read()).toEqual([{ slot: 1, load: 3 }]);
  });

  it("is the newer one's from its readiness on, though the older one wrote before it knew of it", () => {
    const [reader, older, newer] = [board(0), board(1), board(1)];
    older.setLoad(7);
    older.handOver();
    newer.setReady(true);
    expect(reader.read()).toEqual([{ slot: 1, load: 0 }]);
  });

  it("says again that the slot takes sessions when the newer one reads what the older one wrote last, unheard of", () => {
    const [reader, older, newer] = [board(0), board(1), board(1)];
    newer.setReady(true);
    newer.setLoad(3);
    older.setReady(false);
    expect(reader.read()).toEqual([]);
    expect(newer.read()).toEqual([{ slot: 1, load: 3 }]);
    expect(reader.read()).toEqual([{ slot: 1, load: 3 }]);
  });

  it("is not given back by a worker that has left", () => {
    const [older, newer] = [board(1), board(1)];
    older.setReady(true);
    older.setReady(false);
    newer.setReady(true);
    expect(older.read()).toEqual([{ slot: 1, load: 0 }]);
    newer.setReady(false);
    expect(older.read()).toEqual([]);
  });

  it("is the older one's again, as it is by then, when the newer one is gone", () => {
    const [reader, older] = [board(0), board(1)];
    older.setReady(true);
    board(1);
    older.handOver();
    older.setLoad(5);
    expect(reader.read()).toEqual([]);
    older.takeBack();
    expect(reader.read()).toEqual([{ slot: 1, load: 5 }]);
  });
});
