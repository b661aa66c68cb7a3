/** Bus benchmark: broadcasts with acks: what an ack costs, whether each comes once, and who else gets it. */

import { createSenders } from "../load/scenario.js";
import type { Acks, Cost } from "../results.js";
import type { Stage } from "../stage.js";
import { LOADS } from "../workloads.js";
import { measureCost } from "./cost.js";
import { countsNow } from "./counters.js";

/** What the app says of one burst. */
type Answer = { readonly acks: number; readonly duplicates: number; readonly errors: readonly string[] };

export async function measureAcks(stage: Stage): Promise<{ cost: Cost; acks: Acks }> {
  const { client } = stage;
  const answers: Answer[] = [];
  const senders = await createSenders("acks", client, (answer) => answers.push(answer as Answer));
  const cost = await measureCost(stage, "acks", senders);
  for (const { errors } of answers.splice(0)) for (const error of errors) client.fail(error);

  const before = await countsNow(stage);
  for (const sender of senders) await sender.burst();
  const after = await countsNow(stage);
  const broadcasts = LOADS.acks.burst;
  const [, ...others] = client.stations;
  return {
    cost,
    acks: {
      broadcasts,
      expected: broadcasts * client.stations.reduce((sum, { members }) => sum + members.length, 0),
      received: answers.reduce((sum, { acks }) => sum + acks, 0),
      duplicates: answers.reduce((sum, { duplicates }) => sum + duplicates, 0),
      bystanders: beyondBroadcasts(
        others.map(({ worker }) => [before(worker).received, after(worker).received]),
        broadcasts,
      ),
    },
  };
}

/**
 * Messages that workers got beside the broadcasts themselves. Pure.
 * @param counts of each worker that has members and did not ask, before and after
 */
export function beyondBroadcasts(
  counts: readonly (readonly [before: number | undefined, after: number | undefined])[],
  broadcasts: number,
): number | undefined {
  return counts.reduce<number | undefined>(
    (sum, [before, after]) =>
      sum === undefined || before === undefined || after === undefined
        ? undefined
        : sum + Math.max(0, after - before - broadcasts),
    0,
  );
}
