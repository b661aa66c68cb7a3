/** Load client: failures by their sentence and sessions by the process that served them. Pure. */

export type Tally = {
  readonly failures: Readonly<Record<string, number>>;
  readonly sessions: Readonly<Record<string, number>>;
};

export type Counts = Record<string, number>;

export function count(counts: Counts, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return {
    failures: addCounts(tallies.map(({ failures }) => failures)),
    sessions: addCounts(tallies.map(({ sessions }) => sessions)),
  };
}

export function addCounts(list: readonly Readonly<Counts>[]): Counts {
  const total: Counts = {};
  for (const counts of list) {
    for (const [key, value] of Object.entries(counts)) total[key] = (total[key] ?? 0) + value;
  }
  return total;
}

export function totalOf(counts: Readonly<Counts>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0);
}
