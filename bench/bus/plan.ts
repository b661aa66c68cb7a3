/** Bus benchmark: who is measured when. Pure. */

import { rotate } from "../measure/plan.js";
import type { BusSettings } from "./results.js";
import { BUS_WORKLOADS, type BusName, type BusVariant, type Contender, FAULT_NAMES } from "./workloads.js";

/** One contender's fresh servers, for one workload. Nothing else runs meanwhile. */
export type BusTurn = Contender & { readonly round: number; readonly workload: BusName };

export type Choice = { readonly workloads: readonly BusName[]; readonly variants: readonly BusVariant[] };

/** Contenders of one workload follow one another, beginning with another one in each round. */
export function planBusTurns(
  { rounds, faultRounds }: Pick<BusSettings, "rounds" | "faultRounds">,
  { workloads, variants }: Choice,
): BusTurn[] {
  const faults: readonly BusName[] = FAULT_NAMES;
  return Array.from({ length: rounds }, (_, round) =>
    workloads
      .filter((workload) => round < faultRounds || !faults.includes(workload))
      .flatMap((workload) => {
        const contenders = BUS_WORKLOADS[workload].contenders.filter(({ variant }) =>
          variants.includes(variant),
        );
        return rotate(contenders, round).map((contender) => ({ ...contender, round, workload }));
      }),
  ).flat();
}
