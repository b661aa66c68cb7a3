import { describe, expect, it } from "vitest";
import {
  BUCKETS,
  countOf,
  difference,
  quantileOf,
  recordMicroseconds,
  sharedBuckets,
  sum,
} from "../../../bench/load/histogram.js";

function recorded(values: readonly number[]): Uint32Array<SharedArrayBuffer> {
  const buckets = sharedBuckets();
  for (const value of values) recordMicroseconds(buckets, value);
  return buckets;
}

describe("histogram", () => {
  it("is at most 0.8 % off, from a microsecond to two minutes", () => {
    for (let value = 1; value < 120e6; value = Math.ceil(value * 1.013)) {
      const found = quantileOf(recorded([value]), 0.5);
      expect(Math.abs(found - value) / value, `${value} became ${found}`).toBeLessThan(0.008);
    }
  });

  it("keeps the order of values", () => {
    const values = [3, 130, 133, 1_000, 65_536, 1_000_000, 100_000_000];
    const found = values.map((value) => quantileOf(recorded([value]), 1));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(new Set(found).size).toBe(values.length);
  });

  it("answers quantiles by rank", () => {
    const buckets = recorded(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(quantileOf(buckets, 0.5)).toBe(50);
    expect(quantileOf(buckets, 0.99)).toBe(99);
    expect(quantileOf(buckets, 1)).toBe(100);
  });

  it("has no quantile without a value", () => {
    expect(quantileOf(sharedBuckets(), 0.5)).toBeNaN();
  });

  it("counts a value beyond its range in the last bucket", () => {
    expect(recorded([1e12])[BUCKETS - 1]).toBe(1);
  });

  it("knows what came between two copies", () => {
    const buckets = recorded([10, 20]);
    const earlier = sum([buckets]);
    recordMicroseconds(buckets, 30);
    const between = difference(buckets, earlier);
    expect(countOf(between)).toBe(1);
    expect(quantileOf(between, 0.5)).toBe(30);
  });

  it("adds the histograms of threads", () => {
    const total = sum([recorded([1, 2]), recorded([2, 3])]);
    expect(countOf(total)).toBe(4);
    expect(quantileOf(total, 0.5)).toBe(2);
  });
});
