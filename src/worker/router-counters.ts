/** Worker: what became of strays. */

/** Since the start. */
export type RouterCounters = {
  requestsForwarded: number;
  upgradesPassed: number;
  upgradesTunnelled: number;
  straysServed: number;
  requestsForwardedToHosts: number;
  upgradesTunnelledToHosts: number;
};

export const newRouterCounters = (): RouterCounters => ({
  requestsForwarded: 0,
  upgradesPassed: 0,
  upgradesTunnelled: 0,
  straysServed: 0,
  requestsForwardedToHosts: 0,
  upgradesTunnelledToHosts: 0,
});
