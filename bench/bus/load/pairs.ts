/** Bus benchmark: which two workers talk to each other. Pure. */

/** Places in the list of workers. */
export type Pair = { readonly from: number; readonly to: number };

/** Workers that each one talks to, in all fleets as many: what differs between fleets is then their size alone. */
const PARTNERS = 3;

/** As many pairs as there are to be, each of two different workers; every worker is as often in front and behind as any other. */
export function pairsOf(count: number, workers: number): Pair[] {
  const partners = Math.min(PARTNERS, workers - 1);
  return Array.from({ length: count }, (_, pair) => {
    const distance = 1 + (Math.floor(pair / workers) % partners);
    return { from: pair % workers, to: (pair + distance) % workers };
  });
}
