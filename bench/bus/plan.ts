/** Bus benchmark: who is measured when. Pure. */

import { rotate } from "../measure/plan.js";
import type { BusSettings } from "./results.js";
import {
  BUS_WORKLOADS,
  type BusName,
  type BusVariant,
  type Contender,
  type Entrant,
  FAULT_NAMES,
} from "./workloads.js";

/** One contender's fresh servers, for one workload. Nothing else runs meanwhile. */
export type BusTurn = Contender & { readonly round: number; readonly workload: BusName };

export type Choice = { readonly workloads: readonly BusName[]; readonly variants: readonly BusVariant[] };

/** Contenders of one workload follow one another, beginning with another one in each round. */
export function planBusTurns(
  { rounds, sideRounds }: Pick<BusSettings, "rounds" | "sideRounds">,
  { workloads, variants }: Choice,
): BusTurn[] {
  return Array.from({ length: rounds }, (_, round) =>
    workloads.flatMap((workload) => {
      const entrants = entrantsOf(workload, round < sideRounds);
      const chosen = entrants.filter(({ variant }) => variants.includes(variant));
      return rotate(chosen, round).map(({ variant, workers }) => ({ variant, workers, round, workload }));
    }),
  ).flat();
}

function entrantsOf(workload: BusName, all: boolean): readonly Entrant[] {
  const faults: readonly BusName[] = FAULT_NAMES;
  const { contenders } = BUS_WORKLOADS[workload];
  if (all) return contenders;
  return faults.includes(workload) ? [] : contenders.filter(({ beside }) => beside === undefined);
}
