/** Profile: the table that `node bench/profile.mjs` prints. Pure. */

export type Column = {
  readonly variant: string;
  readonly operations: number;
  readonly processes: number;
  /** Microseconds for each operation, by function. */
  readonly costs: ReadonlyMap<string, number>;
};

/** Costliest functions first; with two columns, those first in which they differ most. */
export function costTable(columns: readonly Column[], top: number): string {
  const names = [...new Set(columns.flatMap(({ costs }) => [...costs.keys()]))];
  const weight = (name: string): number => weightOf(columns.map(({ costs }) => costs.get(name) ?? 0));
  const shown = names.sort((a, b) => weight(b) - weight(a)).slice(0, top);
  return [
    ...columns.map(describe),
    "",
    ...[head(columns), ...shown.map((name) => line(columns, name))],
    "",
  ].join("\n");
}

function weightOf([first = 0, second]: readonly number[]): number {
  return second === undefined ? first : Math.abs(first - second);
}

function describe({ variant, operations, processes, costs }: Column): string {
  const total = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
  return `${variant}: ${operations} operations, ${processes} processes, ${total.toFixed(1)} µs of work for each operation`;
}

function head(columns: readonly Column[]): string {
  return [...columns.map(({ variant }) => variant.padStart(10)), "self time, µs for each operation"].join(
    "  ",
  );
}

function line(columns: readonly Column[], name: string): string {
  const costs = columns.map(({ costs }) => (costs.get(name) ?? 0).toFixed(3).padStart(10));
  return [...costs, name].join("  ");
}
