/** Paper scale: what one message costs a bridge: as given, as the benchmark of hosts has measured it, or its Redis client alone. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BENCH } from "../servers/plain.js";
import { measureClient } from "./measure/client-costs.js";
import type { ScaleResults } from "./results.js";

const MEASURED = join(BENCH, "results", "site.json");

type Costs = { readonly bridgeOut: number; readonly bridgeIn: number };

/** @param messages of each direction, where they have to be measured */
export async function bridgeCosts(
  given: { readonly out?: number; readonly in?: number },
  messages: number,
): Promise<Costs & { readonly from: ScaleResults["bridgeFrom"] }> {
  if (given.out !== undefined && given.in !== undefined)
    return { bridgeOut: given.out, bridgeIn: given.in, from: "given" };
  const found = existsSync(MEASURED)
    ? (JSON.parse(readFileSync(MEASURED, "utf8")) as { bridge?: Costs })
    : {};
  if (found.bridge !== undefined) return { ...found.bridge, from: "bench:site" };
  return { ...(await measureClient(messages)), from: "client" };
}
