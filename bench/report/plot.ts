/** Report: processor time for each operation against control, as bars in an SVG for light and dark pages. Pure. */

import { LOAD_NAMES, LOADS } from "../workloads.js";
import { decimal } from "./format.js";
import type { Row, Summary } from "./summary.js";
import { RATIO_TARGETS } from "./targets.js";

const WIDTH = 760;
const BAR = 16;
const ROW = 21;
const TOP = 60;
const LABELS = 84;
/** Room for the number behind the longest bar. */
const NUMBERS = 52;
const GROUP_HEAD = 30;

/** @returns the text of an SVG file */
export function plot(summary: Summary): string {
  const groups = LOAD_NAMES.map((load) => ({ load, rows: barsOf(summary, load) })).filter(
    ({ rows }) => rows.length > 0,
  );
  const scale = scaleOf(groups.flatMap(({ rows }) => rows));
  let y = TOP;
  const drawn = groups.map(({ load, rows }) => {
    const group = drawGroup(LOADS[load].title, rows, y, scale);
    y += GROUP_HEAD + rows.length * ROW;
    return group;
  });
  const height = y + 16;
  return [opening(height), heading(summary, scale(1)), ...drawn, "</svg>", ""].join("\n");
}

type Bar = Row & { readonly ratio: NonNullable<Row["ratio"]> };

/** Control is the line at 1, not a bar. */
function barsOf({ rows }: Summary, load: string): Bar[] {
  return rows.filter(
    (row): row is Bar => row.workload === load && row.variant !== "control" && row.ratio !== undefined,
  );
}

/** @returns from a ratio to a horizontal position */
function scaleOf(bars: readonly Bar[]): (ratio: number) => number {
  const longest = Math.max(1.5, ...bars.map(({ ratio }) => ratio.most));
  return (ratio) => LABELS + (ratio * (WIDTH - LABELS - NUMBERS)) / longest;
}

function drawGroup(title: string, bars: readonly Bar[], y: number, scale: (ratio: number) => number): string {
  const top = y + GROUP_HEAD;
  const rows = bars.map((bar, row) => drawBar(bar, top + row * ROW, scale));
  const control = controlLine(scale(1), top - 4, top + bars.length * ROW);
  return [`<text class="title" x="0" y="${y + 20}">${title}</text>`, ...rows, control].join("\n");
}

function drawBar({ variant, workload, ratio }: Bar, y: number, scale: (ratio: number) => number): string {
  const own = variant === "holdfast";
  const middle = y + BAR / 2;
  const at = (value: number): string => scale(value).toFixed(1);
  const target = own && workload !== "idle" ? scale(RATIO_TARGETS[workload]).toFixed(1) : undefined;
  const parts = [
    `<text class="${own ? "own" : ""}" x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${variant}</text>`,
    `<rect class="${own ? "accent" : "bar"}" x="${LABELS}" y="${y}" width="${(scale(ratio.median) - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<line class="range" x1="${at(ratio.least)}" x2="${at(ratio.most)}" y1="${middle}" y2="${middle}"/>`,
    `<text class="${own ? "own" : ""}" x="${(scale(ratio.most) + 7).toFixed(1)}" y="${middle + 4}">${decimal(ratio.median)}</text>`,
  ];
  if (target !== undefined) {
    parts.push(`<line class="target" x1="${target}" x2="${target}" y1="${y - 2}" y2="${y + BAR + 2}"/>`);
  }
  return parts.join("\n");
}

function controlLine(x: number, top: number, bottom: number): string {
  return `<line class="control" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${top}" y2="${bottom}"/>`;
}

function heading({ settings }: Summary, control: number): string {
  return [
    `<text class="heading" x="0" y="18">CPU time for each operation, ${settings.workers} workers</text>`,
    `<text class="note" x="0" y="36">All server processes together, relative to control (every client connects straight to one process).</text>`,
    `<text class="note" x="${(control - 4).toFixed(1)}" y="${TOP - 2}" text-anchor="middle">control = 1</text>`,
    `<text class="note" x="${WIDTH}" y="${TOP - 2}" text-anchor="end">thin line: least to most of ${settings.rounds} rounds · red: target</text>`,
  ].join("\n");
}

function opening(height: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="CPU time for each operation relative to control">
<style>
text { font: 12px system-ui, sans-serif; fill: #475569; }
.heading { font-size: 16px; font-weight: 600; fill: #0f172a; }
.title { font-weight: 600; fill: #0f172a; }
.own { font-weight: 600; fill: #1d4ed8; }
.note { font-size: 11px; fill: #64748b; }
.bar { fill: #b6c2d2; }
.accent { fill: #2563eb; }
.range { stroke: #0f172a; stroke-opacity: 0.55; }
.control { stroke: #64748b; stroke-dasharray: 4 3; }
.target { stroke: #dc2626; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
text { fill: #a8b3c4; }
.heading, .title { fill: #f1f5f9; }
.own { fill: #93c5fd; }
.note { fill: #94a3b8; }
.bar { fill: #475569; }
.accent { fill: #3b82f6; }
.range { stroke: #f1f5f9; }
.control { stroke: #94a3b8; }
.target { stroke: #f87171; }
}
</style>`;
}
