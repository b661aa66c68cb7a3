/** Bus benchmark: figures of the time before, while and after a worker stood still. Pure. */

import { quantileOf } from "../../load/histogram.js";
import type { PhaseFigures, Slice } from "../results.js";

/** @returns milliseconds, or null where nothing was delivered */
export function latenciesOf(latencies: Uint32Array): Pick<Slice, "p50" | "p99"> {
  const at = (quantile: number): number | null => {
    const microseconds = quantileOf(latencies, quantile);
    return Number.isNaN(microseconds) ? null : microseconds / 1000;
  };
  return { p50: at(0.5), p99: at(0.99) };
}

/** @param slices of one phase, `latencies` of all of them together */
export function phaseFigures(latencies: Uint32Array, slices: readonly Slice[]): PhaseFigures {
  return {
    ...latenciesOf(latencies),
    deliveries: slices.reduce((sum, { deliveries }) => sum + deliveries, 0),
    mostMemory: Math.max(...slices.map(({ mostMemory }) => mostMemory)),
  };
}

/** @returns the slices on a clock that shows 0 at the end of the first */
export function fromZero(slices: readonly Slice[]): Slice[] {
  const [first] = slices;
  return slices.map((slice) => ({ ...slice, at: slice.at - (first?.at ?? 0) }));
}

/**
 * @param underWay deliveries that are behind at any time, also when all is well
 * @returns milliseconds from the end of the stop until the members there were not behind any more; undefined when they still were
 */
export function caughtUp(slices: readonly Slice[], underWay: number): number | undefined {
  const end = slices.findLast(({ phase }) => phase === "stopped")?.at ?? 0;
  const level = slices.find(({ phase, behind }) => phase === "after" && behind <= underWay);
  return level === undefined ? undefined : level.at - end;
}
