/** Primary, pure: what became of sessions whose worker went: numbers, their sums, and the words for them. */

import { addCounts } from "../../base/counts.js";
import type { HandoffReport } from "../../protocol/messages.js";

/** `closed`: told to reconnect. */
export type Tally = HandoffReport & { readonly closed: number };

export const NOTHING: Tally = { moved: 0, closed: 0, stayed: {}, longestPause: 0 };

export function tallyOf({ moved, stayed, longestPause, pauses }: HandoffReport): Tally {
  return { moved, closed: 0, stayed, longestPause, ...(pauses && { pauses }) };
}

export function addTallies(one: Tally, other: Tally): Tally {
  const pauses =
    one.pauses && other.pauses ? addCounts(one.pauses, other.pauses) : (one.pauses ?? other.pauses);
  return {
    moved: one.moved + other.moved,
    closed: one.closed + other.closed,
    stayed: addCounts(one.stayed, other.stayed),
    longestPause: Math.max(one.longestPause, other.longestPause),
    ...(pauses && { pauses }),
  };
}

/** `5,002 sessions moved, 2 dropped (stuck-consumer 2), longest pause 84 ms` */
export function tallyWords(tally: Tally): string {
  const { moved, closed, longestPause } = tally;
  const why = closed === 0 ? "" : bracketed(reasonWords(tally));
  const pause = moved === 0 ? "" : `, longest pause ${Math.round(longestPause)} ms`;
  return `${counted(moved, "session")} moved, ${number(closed)} dropped${why}${pause}`;
}

/** `stuck-consumer 2, tls 1` */
export function reasonWords({ stayed }: Tally): string {
  return Object.entries(stayed)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${number(count)}`)
    .join(", ");
}

/** The same for programs that read the log. */
export function tallyFields(tally: Tally): Record<string, string | number> {
  const { moved, closed, longestPause } = tally;
  return { moved, closed, stayed: reasonWords(tally), longestPause: Math.round(longestPause) };
}

/** `1 worker`, `5,002 sessions` */
export function counted(count: number, what: string): string {
  return `${number(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** `840 ms`, `4.2 s` */
export function durationWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function bracketed(words: string): string {
  return words === "" ? "" : ` (${words})`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
