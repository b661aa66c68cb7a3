/** Report: groups of bars with the least and the most of the rounds, as an SVG. Knows nothing of what they measure. Pure. */

import type { Spread } from "./statistics.js";
import { type Frame, type Scale, svgFile, TOP, WIDTH } from "./svg.js";

const BAR = 16;
const ROW = 21;
const LABELS = 84;
/** Room for the number behind the longest bar. */
const NUMBERS = 52;
const GROUP_HEAD = 30;

export type Bar = {
  readonly label: string;
  /** Stands out. */
  readonly own: boolean;
  readonly spread: Spread;
  /** The number behind the bar. */
  readonly text: string;
  readonly target?: number | undefined;
};

export type BarChart = Omit<Frame, "height" | "styles"> & {
  /** At the right, above the first group. */
  readonly legend: string;
  readonly groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
  /** A value with a line through all groups. */
  readonly mark?: { readonly at: number; readonly text: string };
  /** The scale goes at least to this value. */
  readonly atLeast: number;
};

/** @returns the text of an SVG file */
export function barChart(chart: BarChart): string {
  const scale = scaleOf(chart);
  let y = TOP;
  const drawn = chart.groups.map(({ title, bars }) => {
    const group = [
      `<text class="title" x="0" y="${y + 20}">${title}</text>`,
      ...bars.map((bar, row) => drawBar(bar, y + GROUP_HEAD + row * ROW, scale)),
      ...markLine(chart, scale, y + GROUP_HEAD - 4, y + GROUP_HEAD + bars.length * ROW),
    ];
    y += GROUP_HEAD + bars.length * ROW;
    return group.join("\n");
  });
  return svgFile({ ...chart, height: y + 16 }, [...aboveFirst(chart, scale), ...drawn]);
}

/** @returns from a value to a horizontal position */
function scaleOf({ groups, atLeast }: BarChart): Scale {
  const most = groups.flatMap(({ bars }) => bars.map(({ spread }) => spread.most));
  const longest = Math.max(atLeast, ...most);
  return (value) => LABELS + (value * (WIDTH - LABELS - NUMBERS)) / longest;
}

function drawBar({ label, own, spread, text, target }: Bar, y: number, scale: Scale): string {
  const middle = y + BAR / 2;
  const at = (value: number): string => scale(value).toFixed(1);
  // The target's line must not run through the number.
  const near = target !== undefined && target > spread.most && scale(target) < scale(spread.most) + NUMBERS;
  const end = near ? target : spread.most;
  const parts = [
    `<text class="${own ? "own" : ""}" x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${label}</text>`,
    `<rect class="${own ? "accent" : "bar"}" x="${LABELS}" y="${y}" width="${(scale(spread.median) - LABELS).toFixed(1)}" height="${BAR}" rx="2"/>`,
    `<line class="range" x1="${at(spread.least)}" x2="${at(spread.most)}" y1="${middle}" y2="${middle}"/>`,
    `<text class="${own ? "own" : ""}" x="${(scale(end) + 7).toFixed(1)}" y="${middle + 4}">${text}</text>`,
  ];
  if (target !== undefined) {
    parts.push(
      `<line class="target" x1="${at(target)}" x2="${at(target)}" y1="${y - 2}" y2="${y + BAR + 2}"/>`,
    );
  }
  return parts.join("\n");
}

function markLine({ mark }: BarChart, scale: Scale, top: number, bottom: number): string[] {
  if (mark === undefined) return [];
  const x = scale(mark.at).toFixed(1);
  return [`<line class="control" x1="${x}" x2="${x}" y1="${top}" y2="${bottom}"/>`];
}

/** What stands right above the first group. */
function aboveFirst({ mark, legend }: BarChart, scale: Scale): string[] {
  const above = (x: string, anchor: string, text: string): string =>
    `<text class="note" x="${x}" y="${TOP - 2}" text-anchor="${anchor}">${text}</text>`;
  return [
    ...(mark === undefined ? [] : [above((scale(mark.at) - 4).toFixed(1), "middle", mark.text)]),
    above(String(WIDTH), "end", legend),
  ];
}
