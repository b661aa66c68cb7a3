/** Adapter: what `new Server({ adapter })` and `io.adapter(...)` take. */

import type { Bus } from "../bus/bus.js";
import { HoldfastAdapter } from "./holdfast-adapter.js";
import { type AdapterGauges, Hub, type HubOptions } from "./hub.js";
import type { SessionMoves } from "./session-moves.js";
import type { AdapterCounters } from "./station.js";

export type AdapterFactory = {
  (namespace: unknown): HoldfastAdapter;
  readonly counters: AdapterCounters;
  readonly gauges: () => AdapterGauges;
  /** For whoever moves sessions to another worker, or receives them. */
  readonly moves: SessionMoves;
};

const hubs = new WeakMap<Bus, Hub>();

/**
 * Make it before the bus is joined. The other workers ask this one from its first namespace on: nobody waits for a worker whose
 * app is still loading. May be called again for the same bus.
 */
export function createAdapter(bus: Bus, options: HubOptions = {}): AdapterFactory {
  const hub = hubs.get(bus) ?? new Hub(bus, options);
  hubs.set(bus, hub);
  // Socket.IO calls it with `new`: an arrow function would throw.
  const create = function create(namespace: unknown): HoldfastAdapter {
    return new HoldfastAdapter(namespace, hub);
  };
  return Object.assign(create, { counters: hub.counters, gauges: () => hub.gauges, moves: hub.moves });
}
