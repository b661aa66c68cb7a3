/** Base: numbers by name. Pure. */

export type Counts = Readonly<Record<string, number>>;

/** @returns the sum of both for each name that either has */
export function addCounts(one: Counts, other: Counts): Counts {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
