import { describe, expect, it } from "vitest";
import { Sequence } from "../../helpers/traffic/sequence.js";

/** What is counted of these numbers. */
function counted(numbers: readonly number[], first?: number) {
  const sequence = new Sequence(first);
  for (const n of numbers) sequence.receive(n);
  const { received, lost, doubled, reordered, skipped } = sequence;
  return { received, lost, doubled, reordered, skipped };
}

const NOTHING = { lost: 0, doubled: 0, reordered: 0, skipped: 0 };

describe("the numbers of a stream", () => {
  it("may begin anywhere, unless it is known where", () => {
    expect(counted([7, 8, 9])).toEqual({ ...NOTHING, received: 3 });
    expect(counted([3, 4], 1)).toEqual({ ...NOTHING, received: 2, lost: 2 });
  });

  it("have no holes", () => {
    expect(counted([1, 2, 5])).toEqual({ ...NOTHING, received: 3, lost: 2 });
  });

  it("come once", () => {
    expect(counted([1, 2, 2, 1, 3])).toEqual({ ...NOTHING, received: 5, doubled: 2 });
  });

  it("come in order; a late one is not lost", () => {
    expect(counted([1, 3, 2, 4])).toEqual({ ...NOTHING, received: 4, reordered: 1 });
    expect(counted([1, 3, 2, 2])).toEqual({ ...NOTHING, received: 4, reordered: 1, doubled: 1 });
  });

  it("go on to their end", () => {
    const sequence = new Sequence(1);
    sequence.receive(1);
    expect(sequence.finish(3)).toBe(2);
    expect(sequence.lost).toBe(2);
    expect(new Sequence(1).finish(2)).toBe(2);
    expect(new Sequence().finish(2)).toBe(0);
  });

  it("may leave out what came while the receiver was away, but not repeat what came before", () => {
    const sequence = new Sequence();
    sequence.receive(1);
    sequence.interrupt();
    expect(sequence.receive(5)).toBeUndefined();
    expect(sequence.receive(7)).toBe("gap");
    expect(sequence.receive(1)).toBe("doubled");
    expect({ lost: sequence.lost, skipped: sequence.skipped }).toEqual({ lost: 1, skipped: 3 });
  });
});
