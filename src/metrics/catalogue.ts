/** Metrics, pure: all of them; docs/metrics.md says what to do about each. */

import { FLEET_METRICS } from "./fleet-metrics.js";
import type { Metric } from "./metric.js";
import { SITE_METRICS } from "./site-metrics.js";
import { WORKER_METRICS } from "./worker-metrics.js";

export const METRICS: readonly Metric[] = [...FLEET_METRICS, ...WORKER_METRICS, ...SITE_METRICS];
