/** Proxy benchmark, report: what nginx with `sid` must reach, and whether it did. Pure. */

import { decimal } from "../../report/format.js";
import { type Verdict, withRange } from "../../report/targets.js";
import { LOADS } from "../../workloads.js";
import type { ContenderName } from "../contenders.js";
import type { ProxyRow, ProxySummary } from "./summary.js";

/** At most so many times the processor time of nginx with `ip_hash` for each operation. */
export const RATIO_TARGET = 1.02;
/** Most against least sessions of a worker, with all clients at one address. */
const EVENNESS_TARGET = 1.3;

/** @returns nothing of what was not measured */
export function proxyVerdicts({ rows }: ProxySummary): Verdict[] {
  const of = (name: ContenderName): ProxyRow[] => rows.filter(({ contender }) => contender === name);
  return [
    ...of("nginx-sid").flatMap(ratioVerdict),
    ...of("nginx-sid-one").map(evennessVerdict),
    ...failureVerdict(rows.filter(({ contender }) => contender !== "nginx" && contender !== "nginx-one")),
  ];
}

function ratioVerdict({ load, ratio }: ProxyRow): Verdict[] {
  if (ratio === undefined) return [];
  return [
    {
      what: `${LOADS[load].title}: CPU against \`ip_hash\``,
      target: `at most ${decimal(RATIO_TARGET)}`,
      measured: withRange(ratio, decimal),
      met: ratio.median <= RATIO_TARGET,
    },
  ];
}

function evennessVerdict({ load, evenness }: ProxyRow): Verdict {
  return {
    what: `${LOADS[load].title}, from one address: sessions on most against least loaded worker`,
    target: `at most ${decimal(EVENNESS_TARGET)}`,
    measured: withRange(evenness, evennessText),
    met: evenness.median <= EVENNESS_TARGET,
  };
}

/** @param ratio of most to least; infinite where a worker had none */
export function evennessText(ratio: number): string {
  return Number.isFinite(ratio) ? decimal(ratio) : "all / none";
}

function failureVerdict(own: readonly ProxyRow[]): Verdict[] {
  if (own.length === 0) return [];
  const failures = own.reduce((total, row) => total + row.failures, 0);
  return [
    {
      what: "failures with Holdfast behind",
      target: "0",
      measured: failures.toLocaleString("en-US"),
      met: failures === 0,
    },
  ];
}
