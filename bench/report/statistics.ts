/** Report: medians over rounds. Pure. */

export type Spread = { readonly median: number; readonly least: number; readonly most: number };

type OfRound = { readonly round: number };

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  };
}

/**
 * Compares within a round, where both saw the same machine; then over the rounds.
 * @returns undefined when no round has both
 */
export function spreadAgainst<T extends OfRound>(
  own: readonly T[],
  others: readonly T[],
  compare: (one: T, other: T) => number,
): Spread | undefined {
  const values = own.flatMap((one) => {
    const other = others.find(({ round }) => round === one.round);
    return other === undefined ? [] : [compare(one, other)];
  });
  return values.length === 0 ? undefined : spreadOf(values);
}
