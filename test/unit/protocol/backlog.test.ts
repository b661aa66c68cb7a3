import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Backlog } from "../../../src/protocol/backlog.js";

const KiB = 1024;

function pushed(...buffers: Buffer[]): Backlog {
  const backlog = new Backlog();
  for (const buffer of buffers) backlog.push(buffer);
  return backlog;
}

describe("a backlog", () => {
  it("gives back every byte in order, whatever is pushed and taken in turn", () => {
    const sizes = fc.oneof(fc.nat(300), fc.nat(90 * KiB));
    const step = fc.oneof(
      sizes.map((push) => ({ push })),
      fc.nat(200 * KiB).map((take) => ({ take })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const backlog = new Backlog();
        const before: Buffer[] = [];
        const after: Buffer[] = [];
        for (const [index, step] of steps.entries()) {
          if ("push" in step) {
            const buffer = Buffer.alloc(step.push, index);
            before.push(buffer);
            backlog.push(buffer);
          } else {
            after.push(...backlog.take(step.take));
          }
          expect(backlog.bytes).toBe(length(before) - length(after));
        }
        after.push(...backlog.take(Number.POSITIVE_INFINITY));
        expect(backlog.bytes).toBe(0);
        expect(Buffer.concat(after).equals(Buffer.concat(before))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("takes at least what was asked for, and not much more", () => {
    const backlog = pushed(...Array.from({ length: 10_000 }, () => Buffer.alloc(100)));
    const portion = length(backlog.take(256 * KiB));
    expect(portion).toBeGreaterThanOrEqual(256 * KiB);
    expect(portion).toBeLessThan(256 * KiB + 64 * KiB);
    expect(backlog.take(0)).toEqual([]);
  });

  it("holds small buffers in few pieces, which are its own", () => {
    const small = Buffer.alloc(100, "a");
    const backlog = pushed(...Array.from({ length: 10_000 }, () => small));
    small.fill("b");
    const pieces = backlog.take(Number.POSITIVE_INFINITY);
    expect(pieces.length).toBeLessThan(30);
    expect(Buffer.concat(pieces).includes("b")).toBe(false);
  });

  it("keeps a large buffer as it is, in its place", () => {
    const large = Buffer.alloc(64 * KiB, "x");
    const pieces = pushed(Buffer.from("before"), large, Buffer.from("after")).take(Number.POSITIVE_INFINITY);
    expect(pieces.map((piece) => piece.length)).toEqual([6, large.length, 5]);
    expect(pieces[1]).toBe(large);
  });

  it("does not write over what was taken", () => {
    const backlog = pushed(Buffer.from("first"));
    const [taken] = backlog.take(1);
    backlog.push(Buffer.from("other"));
    expect(taken?.toString()).toBe("first");
  });

  it("is empty after clear, and works on", () => {
    const backlog = pushed(Buffer.from("gone"), Buffer.alloc(64 * KiB));
    backlog.clear();
    expect(backlog.bytes).toBe(0);
    backlog.push(Buffer.from("new"));
    expect(Buffer.concat(backlog.take(1)).toString()).toBe("new");
  });
});

function length(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
