/**
 * Worker: collects V8's young generation at a moment that suits. Proven on Node 20, 22, 24 and 26:
 * - `setFlagsFromString("--expose-gc")` gives `gc` to each context that is made from then on, also after the start; `gc({ type: "minor" })`
 *   scavenges and nothing else.
 * - the space `new_space` of `getHeapSpaceStatistics()` is the young generation.
 */

import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So little is not worth the work: collecting it takes about a millisecond. Bytes. */
const LITTLE = 1 << 20;

/** @returns collects, in this turn, if that is worth it; does nothing where this Node does not let itself be asked */
export function youngCollector(): () => void {
  const collect = gcOfItsOwn();
  return () => {
    if (collect !== undefined && youngBytes() > LITTLE) collect({ type: "minor" });
  };
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_used_size ?? 0;
}

type Gc = (options: { readonly type: "minor" }) => void;

function gcOfItsOwn(): Gc | undefined {
  const { gc } = globalThis as { gc?: Gc };
  // The app was started with the flag, and keeps it.
  if (gc !== undefined) return gc;
  try {
    setFlagsFromString("--expose-gc");
    return runInNewContext("globalThis.gc") as Gc | undefined;
  } catch {
    return undefined;
  } finally {
    // Contexts that the app makes look as ever.
    setFlagsFromString("--no-expose-gc");
  }
}
