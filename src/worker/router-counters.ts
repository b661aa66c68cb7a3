/** Worker: what became of strays. */

/** Since the start. */
type RouterCounters = {
  requestsForwarded: number;
  upgradesPassed: number;
  upgradesTunnelled: number;
  straysServed: number;
};

export const newRouterCounters = (): RouterCounters => ({
  requestsForwarded: 0,
  upgradesPassed: 0,
  upgradesTunnelled: 0,
  straysServed: 0,
});
