/** Report: the section of one run in docs/benchmarks.md. Pure. */

import type { Summary } from "./summary.js";
import { type Table, targetTable, workloadTables } from "./table.js";

/** Everything that a run of `npm run bench` has found. */
export function markdownReport(summary: Summary): string {
  const targets = targetTable(summary);
  const parts = [
    conditions(summary),
    ...(targets.rows.length > 0 ? [markdownTable(targets)] : []),
    ...workloadTables(summary).map(markdownTable),
    ...failureList(summary),
    ...Object.entries(summary.leftOut).map(([name, reason]) => `Left out: ${name}, because ${reason}.`),
    ...summary.errors.map((error) => `A turn broke off: ${error}`),
  ];
  return parts.join("\n\n");
}

/** @returns `document` with `text` between the markers of `section`; unchanged when it has no such markers */
export function replaceSection(document: string, section: string, text: string): string {
  const begin = `<!-- ${section} -->`;
  const end = `<!-- /${section} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) return document;
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}

function conditions({ environment, settings }: Summary): string {
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
  const connections = settings.sharedConnections ? "; polling sessions share connections" : "";
  return (
    `${settings.workers} workers, ${settings.rounds} rounds, warm-up of ${settings.warmUpSessions} sessions for each worker, ` +
    `${seconds(settings.measured)} measured, ${settings.threads} client threads${connections}. ${environmentText(environment)}.`
  );
}

export function environmentText(environment: Summary["environment"]): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
}

export function markdownTable({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [`**${title}**`, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function failureList({ rows }: Summary): string[] {
  const kinds = rows.flatMap(({ variant, workload, failureKinds }) =>
    Object.entries(failureKinds).map(([kind, count]) => `- ${variant}, ${workload}: ${count} × \`${kind}\``),
  );
  return kinds.length === 0 ? [] : [`Failures of all rounds:\n\n${kinds.join("\n")}`];
}
