/** Bus benchmark, client: the sessions on every worker, and what they receive. Runs in the main thread, on one clock with the rest. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Endpoint, endpointOf } from "../../load/endpoint.js";
import { type Expectation, expectation } from "../../load/expectation.js";
import { recordMicroseconds, sharedBuckets } from "../../load/histogram.js";
import { type Counts, count } from "../../load/tally.js";
import type { Recorder } from "../../measure/window.js";
import { type Delivery, microseconds } from "./delivery.js";
import { BURST_DEADLINE, Member } from "./member.js";
import { Placement, type PlacementWish } from "./placement.js";

/** So many sessions for each one wanted, and some: then the servers do not place as they should. */
const TRIES_EACH = 10;
const TRIES_MORE = 200;
/** The peer loses some connects. A session that is not open by then is left, and another is opened. Milliseconds. */
const OPENING_DEADLINE = 1_000;

/** The sessions on one worker. */
export type Station = {
  /** Process id. */
  readonly worker: number;
  /** Gives orders, and is in no room. */
  readonly control: Member;
  readonly members: readonly Member[];
};

type Waiting = { readonly total: number; readonly arrived: Expectation<void> };

export class BusClient implements Recorder {
  readonly #latencies = sharedBuckets();
  readonly #delivered = new Map<number, number>();
  readonly #waiting = new Map<number, Waiting>();
  #failures: Counts = {};
  #sessions: Member[] = [];
  #stations: Station[] = [];
  /** Process id of a worker whose members may lag behind and miss deliveries. */
  #laggard: number | undefined;
  #late = { received: 0, missing: 0 };
  #unopened = 0;

  /** @returns with one session that gives orders, and `membersEach` more, on every worker */
  static async open(
    ports: readonly number[],
    { workers, membersEach }: { workers: number; membersEach: number },
  ): Promise<BusClient> {
    const client = new BusClient();
    await client.#place(ports, { workers, sessionsEach: membersEach + 1 });
    return client;
  }

  get stations(): readonly Station[] {
    return this.#stations;
  }

  /** Connects that were given up while the sessions were placed; that is no matter of the bus. */
  get unopened(): number {
    return this.#unopened;
  }

  latencies(): Uint32Array {
    return this.#latencies.slice();
  }

  /** Counts a failure that somebody else has seen. */
  fail(message: string, times = 1): void {
    for (let time = 0; time < times; time += 1) count(this.#failures, message);
  }

  /** The worker was killed: its sessions end, which is no failure. */
  forget(worker: number): void {
    this.#sessions = this.#sessions.filter((member) => member.worker !== String(worker));
  }

  /** How often each failure has happened; sessions that ended by themselves are failures too. */
  get failures(): Readonly<Counts> {
    const failures = { ...this.#failures };
    for (const { failure } of this.#sessions) if (failure !== undefined) count(failures, failure.message);
    return failures;
  }

  /** Settles when `total` deliveries of this sender have come. @throws when they do not come in time */
  async untilDelivered(sender: number, total: number): Promise<void> {
    if ((this.#delivered.get(sender) ?? 0) >= total) return;
    const arrived = expectation<void>(`delivery of all that sender ${sender} sent`, BURST_DEADLINE);
    this.#waiting.set(sender, { total, arrived });
    await arrived.promise;
  }

  /** From now on nobody waits for the members on this worker, and what they miss is counted, not a failure. */
  expectDelay(worker: number): void {
    this.#laggard = worker;
  }

  /** Deliveries to the members on that worker, and those that were skipped, since then. */
  get late(): { readonly received: number; readonly missing: number } {
    return { ...this.#late };
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    const open = this.#sessions.filter(({ failure }) => failure === undefined);
    for (const result of await Promise.allSettled(open.map((member) => member.close()))) {
      if (result.status === "rejected") this.fail((result.reason as Error).message);
    }
  }

  async #place(ports: readonly number[], wish: PlacementWish): Promise<void> {
    const placement = new Placement(wish);
    const spare: Member[] = [];
    const most = wish.workers * wish.sessionsEach * TRIES_EACH + TRIES_MORE;
    for (let tries = 0; !placement.full; tries += 1) {
      if (tries === most) throw new Error(`${most} sessions do not fill all workers: ${placement.text}`);
      const member = await this.#open(endpointOf(tries, ports));
      if (member === undefined) this.#unopened += 1;
      else (placement.keep(member.worker) ? this.#sessions : spare).push(member);
    }
    // Not before: a server that counts would fill the place that became free.
    await Promise.all(spare.map((member) => member.close()));
    this.#stations = stationsOf(this.#sessions);
  }

  async #open(endpoint: Endpoint): Promise<Member | undefined> {
    const opening = Member.open(endpoint, this.#handlers);
    const member = await Promise.race([opening, sleep(OPENING_DEADLINE, undefined, { ref: false })]);
    if (member !== undefined) return member;
    opening.then(
      (late) => late.close().catch(() => undefined),
      () => undefined,
    );
    return undefined;
  }

  readonly #handlers = {
    delivery: (member: Member, delivery: Delivery) => this.#deliver(member, delivery),
    failure: (error: Error) => this.fail(error.message),
  };

  #deliver(member: Member, { sender, number, sentAt }: Delivery): void {
    const verdict = member.inbox.take(sender, number);
    if (verdict === "stranger") this.fail("a delivery to a session that is not in the room");
    else if (verdict === "again") this.fail("a delivery twice, or out of order");
    else if (member.worker === String(this.#laggard)) this.#deliverLate(verdict.missing);
    else {
      this.fail("a delivery that is missing", verdict.missing);
      recordMicroseconds(this.#latencies, microseconds() - sentAt);
      this.#arrive(sender);
    }
  }

  #deliverLate(missing: number): void {
    this.#late.received += 1;
    this.#late.missing += missing;
  }

  #arrive(sender: number): void {
    const delivered = (this.#delivered.get(sender) ?? 0) + 1;
    this.#delivered.set(sender, delivered);
    const waiting = this.#waiting.get(sender);
    if (waiting === undefined || delivered < waiting.total) return;
    this.#waiting.delete(sender);
    waiting.arrived.resolve();
  }
}

function stationsOf(sessions: readonly Member[]): Station[] {
  const workers = [...new Set(sessions.map(({ worker }) => worker))];
  return workers.map((worker) => {
    const [control, ...members] = sessions.filter((member) => member.worker === worker);
    if (control === undefined) throw new Error(`no session on worker ${worker}`);
    return { worker: Number(worker), control, members };
  });
}
