import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BRIDGE_SLOT } from "../../../src/protocol/bridge-messages.js";
import { CountBoard } from "../../../src/protocol/count-board.js";

const CELLS = 257;

let directory: string;
let boards: CountBoard[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hf-count-"));
  boards = [];
});
afterEach(() => {
  for (const board of boards) board.close();
  rmSync(directory, { recursive: true });
});

const worker = (slot: number, generation = 1, host = 0) => ({ host, slot, incarnation: "a", generation });

function open(slot: number, generation = 1): CountBoard {
  const board = new CountBoard(directory, worker(slot, generation), CELLS);
  boards.push(board);
  return board;
}

/** What `reader` sees of a worker's cell. */
const seen = (reader: CountBoard, slot: number, cell: number, generation = 1): number | undefined =>
  reader.read(cell)[reader.rowOf(worker(slot, generation))];

test("what a worker adds is seen by all when add returns, and changes nothing else", () => {
  const [one, two] = [open(1), open(2)];
  const before = Array.from({ length: CELLS }, (_, cell) => seen(two, 1, cell));
  one.add(0);
  one.add(256);
  one.add(256);
  for (let cell = 0; cell < CELLS; cell++) {
    const added = cell === 0 ? 1 : cell === 256 ? 2 : 0;
    expect(seen(two, 1, cell), `cell ${cell}`).toBe(((before[cell] ?? 0) + added) % 2 ** 32);
    expect(seen(two, 1, cell)).toBe(one.own()[cell]);
    expect(seen(one, 2, cell)).toBe(two.own()[cell]);
  }
});

test("the two workers of a slot during a reload have a row each", () => {
  const [old, young, other] = [open(5, 7), open(5, 8), open(0)];
  old.add(3);
  young.add(3);
  young.add(3);
  expect(seen(other, 5, 3, 7)).toBe(old.own()[3]);
  expect(seen(other, 5, 3, 8)).toBe(young.own()[3]);
});

test("a bridge has a row behind those of all slots, and what it adds is seen", () => {
  const [reader, last, bridge] = [open(0), open(63, 2), open(BRIDGE_SLOT, 0)];
  const before = seen(reader, 63, 5, 2);
  bridge.add(5);
  expect(seen(reader, BRIDGE_SLOT, 5, 0)).toBe(bridge.own()[5]);
  expect(seen(reader, 63, 5, 2)).toBe(before);
  expect(last.own()[5]).toBe(before);
  expect(reader.rowOf(worker(64))).toBe(-1);
});

test("a worker does not begin where the one before it ended", () => {
  const [reader, first] = [open(0), open(9)];
  const starts = new Set<number | undefined>([seen(reader, 9, 4)]);
  first.close();
  for (let i = 0; i < 8; i++) {
    open(9).close();
    starts.add(seen(reader, 9, 4));
  }
  expect(starts.size).toBeGreaterThan(4);
});

test("workers of other hosts, and of slots from 64 on, are not on it", () => {
  const board = open(63);
  expect(board.rowOf(worker(63))).toBeGreaterThanOrEqual(0);
  expect(board.rowOf(worker(64))).toBe(-1);
  expect(board.rowOf(worker(0, 1, 1))).toBe(-1);
  const high = open(64);
  high.add(0);
  expect([...board.read(0)].filter((count) => count !== 0)).toEqual([board.own()[0]]);
});

test("a board that is closed shows nothing and takes nothing amiss", () => {
  const board = open(1);
  board.close();
  board.close();
  board.add(0);
  expect(board.read(0)).toHaveLength(0);
});

test("counts wrap round", () => {
  const [one, two] = [open(1), open(2)];
  one.own()[7] = 2 ** 32 - 1;
  one.add(7);
  expect(one.own()[7]).toBe(0);
  expect(seen(two, 1, 7)).toBe(0);
});

test("the file is small, and for its owner alone", () => {
  open(63);
  const { size, mode } = statSync(join(directory, "counts"));
  expect(size).toBe(CELLS * 130 * 4);
  expect(mode & 0o777).toBe(0o600);
});

test("a folder that is not there is an error of the system", () => {
  expect(() => new CountBoard(join(directory, "nowhere"), worker(0), CELLS)).toThrow("ENOENT");
});
