/** Figures as a run of the handoff benchmark leaves them. */

import { readHandoffOptions } from "../../../../bench/handoff/options.js";
import type { HandoffResults, MeasuredCrowd, MeasuredReload } from "../../../../bench/handoff/results.js";
import { flawsOf, type TrafficReport } from "../../../helpers/traffic/report.js";
import { Tally } from "../../../helpers/traffic/tally.js";

const rtt = { count: 10, p50: 1, p99: 2, max: 3 };

/** What a crowd saw of a server without a fault. */
export function perfectReport(): TrafficReport {
  const tally = new Tally();
  const streams = tally.streams([]);
  for (const counts of Object.values(streams)) counts.received = 100;
  for (const counts of Object.values(tally.asks)) Object.assign(counts, { sent: 10, answered: 10 });
  const newcomers = { came: 50, connected: 50, left: 50 };
  return {
    clients: 3,
    sockets: 4,
    connected: 4,
    ...tally.totals(),
    newcomers,
    streams,
    heardPlaces: [],
    farLosses: [],
    asks: tally.asks,
    rtt,
  };
}

export function crowd(report: TrafficReport, p99s: readonly number[]): MeasuredCrowd {
  const reloads = p99s.map(
    (p99): MeasuredReload => ({
      ms: 4_200,
      moved: 3,
      closed: 0,
      stayed: {},
      longestPause: 60,
      pauses: { p50: 10, p99 },
      rtt,
    }),
  );
  return { clients: 3, rtt, reloads, flaws: flawsOf(report), report };
}

export function results(parts: Partial<HandoffResults>): HandoffResults {
  const { settings } = readHandoffOptions([]);
  return { settings, environment: { node: "v20" }, errors: [], pauses: [], ...parts };
}
