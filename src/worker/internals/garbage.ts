/**
 * Worker: has V8 collect garbage at a moment that suits. Proven on Node 20, 22, 24 and 26:
 * - `setFlagsFromString("--expose-gc")` gives `gc` to each context that is made from then on, also after the start; `gc({ type: "minor" })`
 *   scavenges and nothing else, `gc({ type: "major" })` collects all.
 * - the space `new_space` of `getHeapSpaceStatistics()` is the young generation.
 */

import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So little is not worth the work: collecting it takes a millisecond or two. Bytes. */
const LITTLE = 2 << 20;

/** Each collects in this turn; neither does anything where this Node does not let itself be asked. */
export type GarbageCollector = {
  /** What was made lately, if it is much. */
  young(): void;
  all(): void;
};

export function garbageCollector(): GarbageCollector {
  const gc = gcOfItsOwn();
  return {
    young: () => {
      if (gc !== undefined && youngBytes() > LITTLE) gc({ type: "minor" });
    },
    all: () => gc?.({ type: "major" }),
  };
}

type Gc = (options: { readonly type: "minor" | "major" }) => void;

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

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_used_size ?? 0;
}
