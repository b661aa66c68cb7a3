/** Bus benchmark: how long a question to the whole fleet hangs when a worker is killed before it can answer. */

import { expectation } from "../../load/expectation.js";
import type { Station } from "../load/bus-client.js";
import { microseconds } from "../load/delivery.js";
import { at } from "../load/list.js";
import type { Kill, Settled } from "../results.js";
import type { Stage } from "../stage.js";
import { signalWorker, stopWorker } from "./faults.js";

/** The peer gives up after 5 s. Milliseconds. */
const SETTLE_DEADLINE = 15_000;

type Word = {
  readonly what: keyof Kill;
  readonly at: number;
  readonly answers: number;
  readonly error: string | null;
};

/** The victim is stopped first, so that the question surely waits for it; then it is killed. */
export async function measureKill({ servers, client }: Stage): Promise<Kill> {
  const { stations } = client;
  const asker = at(stations, 0);
  const victim = at(stations, 1);
  const living = stations.filter((station) => station !== victim);
  const answers = { fetchSockets: expectation<Word>(...WAIT), serverSideEmit: expectation<Word>(...WAIT) };
  asker.control.onEvent = (_name, word) => answers[(word as Word).what].resolve(word as Word);

  await stopWorker(servers, victim.worker);
  await asker.control.ask("question");
  const killed = microseconds();
  signalWorker(servers, victim.worker, "SIGKILL");
  client.forget(victim.worker);

  const settled = async (what: keyof Kill, expected: number): Promise<Settled> => {
    const { at: then, answers: count, error } = await answers[what].promise;
    return { after: (then - killed) / 1000, answers: count, expected, error };
  };
  return {
    fetchSockets: await settled("fetchSockets", sessionsOf(living)),
    serverSideEmit: await settled("serverSideEmit", living.length - 1),
  };
}

const WAIT = ["answer of the fleet", SETTLE_DEADLINE] as const;

function sessionsOf(stations: readonly Station[]): number {
  return stations.reduce((sum, { members }) => sum + members.length + 1, 0);
}
