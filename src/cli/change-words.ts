/** CLI: what there is to say of a reload, or of another number of workers, while it goes on and when it is done. Pure. */

import type { ChangeProgress } from "../protocol/status.js";
import { formatDuration } from "./table.js";

type Step = ChangeProgress["now"][number];

/** Why sessions stay behind, as the workers name it, and for people. */
const REASONS: Readonly<Record<string, string>> = {
  tls: "with TLS in the app, whose keys cannot change process",
  webtransport: "over WebTransport",
  tunnel: "that came by another worker's tunnel",
  "stuck-consumer": "whose client did not read what was sent",
  data: "with data that cannot be cloned",
  middleware: "with a middleware that had not called next()",
  unfinished: "with an upgrade or a body that did not end",
  "engine-only": "of Engine.IO without Socket.IO",
  version: "on versions that Holdfast does not know well enough",
  refused: "that no worker could take",
  off: "since --handoff-timeout is 0",
};

const PHASES: Readonly<Record<Step["phase"], string>> = {
  starting: "starting",
  "handing-over": "handing over",
  draining: "draining",
};

/** One line that says all: `Reload to generation 3: 2 of 8 slots done; slot 2 handing over, …; about 4s left` */
export function progressText(progress: ChangeProgress): string {
  const left = timeLeft(progress);
  const parts = [
    `${progress.done} of ${counted(progress.slots, "slot")} done`,
    ...progress.now.map(stepText),
    ...(progress.moved > 0 ? [`${counted(progress.moved, "session")} moved`] : []),
    ...(left === undefined ? [] : [`about ${formatDuration(Math.max(1000, left))} left`]),
  ];
  return `${titleOf(progress)}: ${parts.join("; ")}`;
}

/** A line for each step that was taken between two looks, for outputs that only grow. */
export function stepLines(before: ChangeProgress | undefined, after: ChangeProgress): string[] {
  const begun = after.now.filter(
    ({ slot, phase }) => !before?.now.some((other) => other.slot === slot && other.phase === phase),
  );
  const lines = begun.map((step) => `${titleOf(after)}: ${stepText(step)}`);
  if (after.done > (before?.done ?? 0)) lines.push(progressText({ ...after, now: [] }));
  return lines;
}

/** As long as it takes at the rate so far. @returns milliseconds; undefined while nothing is done that has a rate */
export function timeLeft({ slots, done, now, ms }: ChangeProgress): number | undefined {
  const parts = now.map(({ phase, moved, left }) => {
    if (phase === "draining") return 1;
    return moved + left === 0 ? 0 : moved / (moved + left);
  });
  const share = (done + parts.reduce((sum, part) => sum + part, 0)) / Math.max(1, slots);
  if (share <= 0 || share > 1) return undefined;
  return (ms * (1 - share)) / share;
}

/** `8 workers reloaded, 5,002 sessions moved, 0 dropped, longest pause 84 ms` */
export function summaryText(verb: string, workers: number, change: ChangeProgress | null): string {
  const head = `${counted(workers, "worker")} ${verb}`;
  if (change === null) return head;
  const { moved, closed, longestPause } = change;
  const pause = moved === 0 ? "" : `, longest pause ${Math.round(longestPause)} ms`;
  return `${head}, ${counted(moved, "session")} moved, ${number(closed)} dropped${pause}`;
}

/** Who had to come back by itself, and why. @returns undefined where there was nobody */
export function droppedText({ closed, stayed }: ChangeProgress): string | undefined {
  if (closed === 0) return undefined;
  const reasons = Object.entries(stayed).filter(([, count]) => count > 0);
  const why = reasons
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${number(count)} ${REASONS[reason] ?? `(${reason})`}`);
  const words = why.length === 0 ? "" : `: ${why.join(", ")}`;
  return `${counted(closed, "session")} ${closed === 1 ? "was" : "were"} told to reconnect${words}.`;
}

function titleOf({ what, generation }: ChangeProgress): string {
  return what === "reload" ? `reload to generation ${generation}` : "scale";
}

function stepText({ slot, phase, moved, left }: Step): string {
  const how = moved + left === 0 ? "" : ` ${number(moved)} of ${counted(moved + left, "session")}`;
  return `slot ${slot} ${PHASES[phase]}${how}`;
}

const number = (value: number): string => value.toLocaleString("en-US");

const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? "" : "s"}`;
