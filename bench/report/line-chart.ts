/** Report: one or more panels of lines over the same time, as an SVG. Knows nothing of what they measure. Pure. */

import { type Frame, type Scale, svgFile, TOP, WIDTH } from "./svg.js";

const LEFT = 64;
const RIGHT = 84;
const PANEL = 130;
const PANEL_HEAD = 26;
const BETWEEN = 14;
const AXIS = 34;

const STYLES = {
  light: `.grid { stroke: #e2e8f0; }
.band { fill: #f1f5f9; }
.line { fill: none; stroke: #94a3b8; stroke-width: 2; }
.ownline { fill: none; stroke: #2563eb; stroke-width: 2; }
`,
  dark: `.grid { stroke: #334155; }
.band { fill: #1e293b; }
.line { stroke: #64748b; }
.ownline { stroke: #3b82f6; }
`,
};

export type Point = { readonly x: number; readonly y: number };

export type Line = {
  readonly label: string;
  /** Stands out. */
  readonly own: boolean;
  readonly points: readonly Point[];
};

export type Panel = {
  readonly title: string;
  readonly lines: readonly Line[];
  /** A value of the vertical axis as text. */
  readonly format: (value: number) => string;
};

export type LineChart = Omit<Frame, "height" | "styles"> & {
  /** What the horizontal axis shows. */
  readonly axis: string;
  /** A part of the time that is shaded, and its name. */
  readonly band: { readonly from: number; readonly to: number; readonly text: string };
  readonly panels: readonly Panel[];
};

/** @returns the text of an SVG file */
export function lineChart(chart: LineChart): string {
  const points = chart.panels.flatMap(({ lines }) => lines.flatMap((line) => line.points));
  const longest = Math.max(...points.map(({ x }) => x));
  const scale: Scale = (x) => LEFT + (x * (WIDTH - LEFT - RIGHT)) / longest;
  const step = PANEL_HEAD + PANEL + BETWEEN;
  const panels = chart.panels.map((panel, place) => drawPanel(panel, TOP + place * step, scale, chart));
  const bottom = TOP + chart.panels.length * step - BETWEEN;
  return svgFile({ ...chart, height: bottom + AXIS, styles: STYLES }, [
    ...panels,
    ...timeAxis(longest, scale, bottom, chart.axis),
  ]);
}

function drawPanel({ title, lines, format }: Panel, y: number, x: Scale, { band }: LineChart): string {
  const top = y + PANEL_HEAD;
  const most = niceAbove(Math.max(...lines.flatMap(({ points }) => points.map((point) => point.y))));
  const at: Scale = (value) => top + PANEL - (value * PANEL) / most;
  const grid = [0, most / 2, most].flatMap((value) => [
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(value).toFixed(1)}" y2="${at(value).toFixed(1)}"/>`,
    `<text class="note" x="${LEFT - 8}" y="${(at(value) + 4).toFixed(1)}" text-anchor="end">${format(value)}</text>`,
  ]);
  return [
    `<text class="title" x="0" y="${y + 12}">${title}</text>`,
    `<rect class="band" x="${x(band.from).toFixed(1)}" y="${top}" width="${(x(band.to) - x(band.from)).toFixed(1)}" height="${PANEL}"/>`,
    `<text class="note" x="${((x(band.from) + x(band.to)) / 2).toFixed(1)}" y="${top - 4}" text-anchor="middle">${band.text}</text>`,
    ...grid,
    ...lines.map(({ own, points }) => {
      const text = points.map((point) => `${x(point.x).toFixed(1)},${at(point.y).toFixed(1)}`).join(" ");
      return `<polyline class="${own ? "ownline" : "line"}" points="${text}"/>`;
    }),
    ...drawLabels(lines, at),
  ].join("\n");
}

/** Where each line ends, apart from each other. */
function drawLabels(lines: readonly Line[], at: Scale): string[] {
  const ends = lines.flatMap(({ label, own, points }) => {
    const end = points.at(-1);
    return end === undefined ? [] : [{ label, own, y: at(end.y) + 4 }];
  });
  let lowest = Number.NEGATIVE_INFINITY;
  return ends
    .sort((a, b) => a.y - b.y)
    .map(({ label, own, y }) => {
      lowest = Math.max(y, lowest + 14);
      return `<text class="${own ? "own" : ""}" x="${WIDTH - RIGHT + 6}" y="${lowest.toFixed(1)}">${label}</text>`;
    });
}

function timeAxis(longest: number, x: Scale, bottom: number, name: string): string[] {
  const seconds = Array.from({ length: Math.floor(longest) + 1 }, (_, second) => second);
  return [
    ...seconds.map(
      (second) =>
        `<text class="note" x="${x(second).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${second}</text>`,
    ),
    `<text class="note" x="${WIDTH}" y="${bottom + 16}" text-anchor="end">${name}</text>`,
  ];
}

/** @returns the next 1, 2 or 5 times a power of ten */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, Number.MIN_VALUE)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
