/** Handoff benchmark, report: its section in docs/benchmarks.md, and the same for a terminal. Pure. */

import { rounded } from "../../report/format.js";
import { environmentText, markdownTable } from "../../report/markdown.js";
import { type Table, verdictTable } from "../../report/table.js";
import { terminalTable } from "../../report/terminal.js";
import type { HandoffResults, MeasuredCrowd, MeasuredReload } from "../results.js";
import { handoffVerdicts, scaleTitle } from "./verdicts.js";

/** Everything that a run of `npm run bench:handoff` has found. */
export function handoffMarkdown(results: HandoffResults): string {
  const parts = [
    `${environmentText(results.environment)}.`,
    ...tablesOf(results).map(markdownTable),
    ...results.errors.map((error) => `A turn broke off: ${error}`),
  ];
  return parts.join("\n\n");
}

export function handoffTerminal(results: HandoffResults): string {
  return `\n${[...tablesOf(results).map(terminalTable), ...results.errors].join("\n")}\n`;
}

function tablesOf(results: HandoffResults): Table[] {
  const { crowd, scaled, pauses, settings } = results;
  const crowdTitle = `${clientsText(settings.crowd.clients)} on ${settings.crowd.workers} workers, reloads in a row`;
  return [
    verdictTable("The handoff against its targets", handoffVerdicts(results)),
    ...(crowd ? [reloadTable(crowdTitle, crowd)] : []),
    ...(scaled && settings.scale
      ? [reloadTable(`${clientsText(settings.scale.clients)} on ${scaleTitle(settings)}`, scaled)]
      : []),
    ...pauses.map((pause) =>
      reloadTable(`${number(pause.sessions)} WebSocket sessions on one worker`, pause),
    ),
  ];
}

function clientsText(clients: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(clients).map(([kind, count]) => `${number(count)} ${kind}`);
  return `${kinds.join(", ")} clients`;
}

type Column = readonly [head: string, cell: (reload: MeasuredReload) => string];

const COLUMNS: readonly Column[] = [
  ["took s", ({ ms }) => (ms / 1_000).toFixed(1)],
  ["moved", ({ moved }) => number(moved)],
  ["told to reconnect", closedText],
  ["pause ms: p50 · p99 · longest", pauseText],
  ["echo ms: p50 · p99 · longest", ({ rtt }) => quantilesText(rtt)],
];

function reloadTable(title: string, { rtt, reloads }: MeasuredCrowd): Table {
  return {
    title,
    head: [
      reloads.some(({ workers }) => workers !== undefined) ? "workers" : "reload",
      ...COLUMNS.map(([head]) => head),
    ],
    rows: [
      ["before", "", "", "", "", quantilesText(rtt)],
      ...reloads.map((reload, index) => [
        `${reload.workers ?? index + 1}`,
        ...COLUMNS.map(([, cell]) => cell(reload)),
      ]),
    ],
  };
}

function closedText({ closed, stayed, failed }: MeasuredReload): string {
  const reasons = Object.entries(stayed).map(([reason, count]) => `${reason} ${number(count)}`);
  const why = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  return failed === undefined ? `${number(closed)}${why}` : "failed";
}

function pauseText({ pauses, longestPause }: MeasuredReload): string {
  const known = pauses === undefined ? ["", ""] : [rounded(pauses.p50), rounded(pauses.p99)];
  return [...known, rounded(longestPause)].join(" · ");
}

function quantilesText({ p50, p99, max }: { p50: number; p99: number; max: number }): string {
  return [p50, p99, max].map(rounded).join(" · ");
}

const number = (value: number): string => value.toLocaleString("en-US");
