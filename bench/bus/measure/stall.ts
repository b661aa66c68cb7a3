/** Bus benchmark: one worker stands still while the others broadcast: their memory, their latency, and what the one misses. */

import { setTimeout as sleep } from "node:timers/promises";
import { countOf, difference } from "../../load/histogram.js";
import { untilDone } from "../../measure/measure-load.js";
import { pidsOf, residentSize } from "../../servers/process-tree.js";
import type { Station } from "../load/bus-client.js";
import { at } from "../load/list.js";
import { roomFlows } from "../load/scenario.js";
import { Sender, sendWhile } from "../load/sender.js";
import type { Phase, PhaseFigures, Slice, Stall } from "../results.js";
import type { Stage } from "../stage.js";
import { countsNow } from "./counters.js";
import { signalWorker, stopWorker } from "./faults.js";
import { caughtUp, fromZero, latenciesOf, phaseFigures } from "./phases.js";

/** Big enough that what waits for the stopped worker meets any bound within the time. Characters. */
const SIZE = 32_000;
/** Broadcasts under way of each sender. */
const BURST = 8;
/** Deliveries before anything is watched. */
const WARM_UP = 10_000;
/** Milliseconds. */
const SLICE = 250;
const CATCH_UP_DEADLINE = 10_000;

/** What is watched, and what was seen of it so far. */
type Scene = Stage & {
  readonly victim: Station;
  readonly senders: readonly Sender[];
  readonly slices: Slice[];
};

export async function measureStall(stage: Stage): Promise<Stall> {
  const { servers, client } = stage;
  const victim = at(client.stations, client.stations.length - 1);
  const senders = await createStallSenders(stage, victim);
  const scene: Scene = { ...stage, victim, senders, slices: [] };
  client.expectDelay(victim.worker);
  await sendWhile(senders, () => untilDone(client, WARM_UP * stage.settings.warmUp));
  const phases = await sendWhile(senders, async () => {
    const before = await watch(scene, "before");
    await stopWorker(servers, victim.worker);
    // Also when the phase breaks off: a worker that stands still would not end either.
    const stopped = await watch(scene, "stopped").finally(() =>
      signalWorker(servers, victim.worker, "SIGCONT"),
    );
    return { before, stopped, after: await watch(scene, "after") };
  });
  const caughtUpAfter = caughtUp(scene.slices, senders.length * BURST * victim.members.length);
  return { phases, slices: fromZero(scene.slices), caughtUpAfter, ...(await untilAccounted(scene)) };
}

/** All workers but the victim broadcast to a room with members everywhere, and wait for all members but the victim's. */
async function createStallSenders({ client }: Stage, victim: Station): Promise<Sender[]> {
  const flows = await roomFlows(client.stations, client.stations.length - 1);
  return flows.map((flow, sender) => {
    const audience = flow.audience - victim.members.length;
    return new Sender({ ...flow, audience, client, sender, count: BURST, size: SIZE });
  });
}

/** Looks once a slice until the phase is over. @returns its figures */
async function watch(scene: Scene, phase: Phase): Promise<PhaseFigures> {
  const { client, settings } = scene;
  const first = client.latencies();
  const end = performance.now() + settings.stall[phase];
  for (let last = first; performance.now() < end; ) {
    await sleep(Math.min(SLICE, end - performance.now()));
    const now = client.latencies();
    scene.slices.push(sliceOf(scene, phase, difference(now, last)));
    last = now;
  }
  const slices = scene.slices.filter((slice) => slice.phase === phase);
  return phaseFigures(difference(client.latencies(), first), slices);
}

function sliceOf(scene: Scene, phase: Phase, latencies: Uint32Array): Slice {
  const { received, missing } = scene.client.late;
  return {
    at: performance.now(),
    phase,
    ...latenciesOf(latencies),
    deliveries: countOf(latencies),
    mostMemory: mostMemory(scene),
    behind: sentTo(scene) - received - missing,
  };
}

function mostMemory({ servers, victim }: Scene): number {
  const living = pidsOf(servers.roots).filter((pid) => pid !== victim.worker);
  return Math.max(...living.map(residentSize));
}

/** Deliveries that the members on the stopped worker should get. */
function sentTo({ senders, victim }: Scene): number {
  return senders.reduce((sum, { sent }) => sum + sent, 0) * victim.members.length;
}

/** Waits for those who lag behind, but not for ever: what is missing then is a result. */
async function untilAccounted(
  scene: Scene,
): Promise<Pick<Stall, "sent" | "received" | "missing" | "toldLost">> {
  const { client, victim } = scene;
  const limit = performance.now() + CATCH_UP_DEADLINE;
  for (;;) {
    const { lost } = (await countsNow(scene))(victim.worker);
    const toldLost = lost === undefined ? undefined : lost * victim.members.length;
    const account = { sent: sentTo(scene), ...client.late, toldLost };
    if (account.received + (toldLost ?? 0) === account.sent || performance.now() > limit) return account;
    await sleep(SLICE);
  }
}
