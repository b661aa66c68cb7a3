/** Site benchmark, report: what a bridge costs for each message, from the turns in which one host speaks and the other listens. Pure. */

import { spreadOf } from "../../report/statistics.js";
import type { BridgeWork, SiteMeasurement, SiteResults } from "../results.js";

/** @returns undefined without such a turn */
export function bridgeCosts(measurements: readonly SiteMeasurement[]): SiteResults["bridge"] {
  const bridges = measurements.filter(({ workload }) => workload === "oneway").flatMap((one) => one.bridges);
  const median = (of: (bridge: BridgeWork) => number): number | undefined => {
    const costs = bridges.filter((bridge) => of(bridge) > bridge.published + bridge.received - of(bridge));
    return costs.length === 0 ? undefined : spreadOf(costs.map((bridge) => bridge.cpu / of(bridge))).median;
  };
  const [bridgeOut, bridgeIn] = [median(({ published }) => published), median(({ received }) => received)];
  return bridgeOut === undefined || bridgeIn === undefined ? undefined : { bridgeOut, bridgeIn };
}
