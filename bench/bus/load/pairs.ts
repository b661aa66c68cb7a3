/** Bus benchmark: which two workers talk to each other. Pure. */

/** Places in the list of workers. */
export type Pair = { readonly from: number; readonly to: number };

/** As many pairs as there are to be, each of two different workers; every worker is as often in front and behind as any other. */
export function pairsOf(count: number, workers: number): Pair[] {
  return Array.from({ length: count }, (_, pair) => {
    const distance = 1 + (Math.floor(pair / workers) % (workers - 1));
    return { from: pair % workers, to: (pair + distance) % workers };
  });
}
