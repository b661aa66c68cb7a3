/** Report: tables for a terminal. Pure. */

import type { Summary } from "./summary.js";
import { type Table, targetTable, workloadTables } from "./table.js";

export function terminalReport(summary: Summary): string {
  const tables = [...workloadTables(summary), targetTable(summary)].filter(({ rows }) => rows.length > 0);
  const failures = summary.rows.flatMap(({ variant, workload, failureKinds }) =>
    Object.entries(failureKinds).map(([kind, count]) => `${variant}, ${workload}: ${count} × ${kind}`),
  );
  return `\n${[...tables.map(terminalTable), ...failures, ...summary.errors].join("\n")}\n`;
}

export function terminalTable({ title, head, rows }: Table): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return `${[title, line(head), ...rows.map(line)].join("\n")}\n`;
}
