/**
 * Load client: latencies in log-linear buckets, at most 0.8 % off, in memory that threads share.
 * One thread writes; the main thread copies it while the load runs, so that a window needs no message. Pure.
 */

const LINEAR_BITS = 7;
/** Buckets for each power of two. */
const LINEAR = 1 << LINEAR_BITS;
/** Up to 2^27 microseconds: more than two minutes. */
const MAX_EXPONENT = 27;
export const BUCKETS = (MAX_EXPONENT - LINEAR_BITS + 2) * (LINEAR / 2);

/** @returns counters for `recordMicroseconds`, all zero */
export function sharedBuckets(): Uint32Array<SharedArrayBuffer> {
  return new Uint32Array(new SharedArrayBuffer(BUCKETS * Uint32Array.BYTES_PER_ELEMENT));
}

export function recordMicroseconds(buckets: Uint32Array, microseconds: number): void {
  const bucket = bucketOf(Math.max(0, Math.floor(microseconds)));
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
}

/** Values below LINEAR have a bucket each; above, LINEAR / 2 buckets serve each power of two. */
function bucketOf(value: number): number {
  const exponent = Math.max(0, 32 - Math.clz32(value) - LINEAR_BITS);
  return Math.min(BUCKETS - 1, exponent * (LINEAR / 2) + (value >>> exponent));
}

function middleOf(bucket: number): number {
  const exponent = Math.max(0, Math.floor(bucket / (LINEAR / 2)) - 1);
  const lowest = (bucket - exponent * (LINEAR / 2)) * 2 ** exponent;
  return lowest + (2 ** exponent - 1) / 2;
}

export function countOf(buckets: Uint32Array): number {
  return buckets.reduce((sum, count) => sum + count, 0);
}

/** @returns what `later` counted beyond `earlier` */
export function difference(later: Uint32Array, earlier: Uint32Array): Uint32Array {
  return later.map((count, bucket) => count - (earlier[bucket] ?? 0));
}

export function sum(histograms: readonly Uint32Array[]): Uint32Array {
  const total = new Uint32Array(BUCKETS);
  for (const buckets of histograms) {
    for (const [bucket, count] of buckets.entries()) total[bucket] = (total[bucket] ?? 0) + count;
  }
  return total;
}

/** @returns microseconds below which the share `quantile` (0 to 1) of the values lies, or NaN when there is none */
export function quantileOf(buckets: Uint32Array, quantile: number): number {
  const rank = Math.ceil(quantile * countOf(buckets));
  let seen = 0;
  for (const [bucket, count] of buckets.entries()) {
    seen += count;
    if (count > 0 && seen >= rank) return middleOf(bucket);
  }
  return Number.NaN;
}
