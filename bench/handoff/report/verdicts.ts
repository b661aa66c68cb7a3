/** Handoff benchmark, report: what a handoff must reach, and whether it did. Pure. */

import { ASKS } from "../../../test/helpers/traffic/report.js";
import { rounded } from "../../report/format.js";
import { spreadOf } from "../../report/statistics.js";
import { type Verdict, withRange } from "../../report/targets.js";
import type { HandoffResults, HandoffSettings, MeasuredCrowd, MeasuredPause } from "../results.js";

/** For this many sessions on a worker the pause has a limit; for the others it may be so many times as long. */
const REFERENCE = 2_000;
/** Milliseconds. */
const LONGEST_P99 = 50;
const MOST_GROWTH = 1.2;

/** @returns nothing of what was not measured */
export function handoffVerdicts({ crowd, scaled, pauses, settings }: HandoffResults): Verdict[] {
  return [
    ...(crowd ? crowdVerdicts(crowd, settings.crowd.newcomers) : []),
    ...(scaled ? scaleVerdicts(scaled, scaleTitle(settings)) : []),
    ...pauseVerdicts(pauses),
    ...pauses.map((pause) => ({
      ...noticedVerdict(pause),
      what: `${count(pause.sessions)} sessions on one worker: what clients noticed`,
    })),
  ];
}

function crowdVerdicts(crowd: MeasuredCrowd, perSecond: number): Verdict[] {
  const { report, reloads } = crowd;
  const failed = reloads.filter((reload) => reload.failed !== undefined);
  const disconnects = sum(Object.values(report.disconnects));
  const streams = (what: "lost" | "doubled" | "reordered"): number =>
    sum(
      Object.entries(report.streams)
        .filter(([name]) => name !== "heard" || what !== "reordered")
        .map(([, counts]) => counts[what]),
    );
  const messages = sum(Object.values(report.streams).map(({ received }) => received));
  const answers = ASKS.map((name) => report.asks[name]);
  const { came, connected } = report.newcomers;
  return [
    none("reloads that failed", failed.length, reloads.length),
    none("disconnects", disconnects, report.sockets),
    none("messages lost", streams("lost"), messages),
    none("messages doubled", streams("doubled"), messages),
    none("messages out of order", streams("reordered"), messages),
    none(
      "answers that did not come",
      sum(answers.map(({ open }) => open)),
      sum(answers.map(({ sent }) => sent)),
    ),
    none(
      "wrong answers",
      sum(answers.map(({ wrong }) => wrong)),
      sum(answers.map(({ answered }) => answered)),
    ),
    none("sockets with another id", report.newIds, report.sockets),
    none(`newcomers, ${perSecond}/s, that did not connect`, came - connected, came),
  ];
}

function scaleVerdicts(scaled: MeasuredCrowd, title: string): Verdict[] {
  const failed = scaled.reloads.filter((change) => change.failed !== undefined);
  return [
    none(`${title}: changes that failed`, failed.length, scaled.reloads.length),
    { ...noticedVerdict(scaled), what: `${title}: what clients noticed` },
  ];
}

/** Such as `2, 6 and 3 workers`. */
export function scaleTitle({ scale }: HandoffSettings): string {
  const numbers = [scale?.workers ?? 0, ...(scale?.to ?? [])];
  return `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)} workers`;
}

function none(what: string, found: number, among: number): Verdict {
  return { what, target: "0", measured: `${count(found)} of ${count(among)}`, met: found === 0 && among > 0 };
}

function noticedVerdict({ flaws }: MeasuredCrowd): Verdict {
  return { what: "", target: "nothing", measured: flaws.join(", ") || "nothing", met: flaws.length === 0 };
}

function pauseVerdicts(pauses: readonly MeasuredPause[]): Verdict[] {
  const reference = pauses.find(({ sessions }) => sessions === REFERENCE);
  const limit = reference && p99Of(reference).median * MOST_GROWTH;
  return pauses.map((pause) => {
    const p99 = p99Of(pause);
    const most = pause === reference ? LONGEST_P99 : limit;
    return {
      what: `pause of a session, 99th percentile, ${count(pause.sessions)} sessions on one worker`,
      target: most === undefined ? "" : `at most ${rounded(most)} ms`,
      measured: `${withRange(p99, rounded)} ms`,
      met: most === undefined || p99.median <= most,
    };
  });
}

/** Of the reloads in a row. */
export function p99Of({ reloads }: MeasuredCrowd) {
  return spreadOf(reloads.flatMap(({ pauses }) => pauses?.p99 ?? []));
}

const count = (value: number): string => value.toLocaleString("en-US");
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
