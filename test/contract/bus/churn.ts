/** Contract: whatever the order of joins, ends, stalls and broken links, every pair hears in order, once, and knows what it missed. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Ledger } from "./ledger.js";
import { CHANNEL, numbered, type Recorder } from "./recorder.js";
import type { Rig } from "./rig.js";
import { turn, until } from "./until.js";

const QUEUE_LIMIT = 64 * 1024;
const FEWEST = 2;
const MOST = 5;

type Step = {
  readonly do: "publish" | "send" | "join" | "close" | "kill" | "cut" | "stall" | "resume" | "wait";
  /** Chooses among those that can; the other one where there are two. */
  readonly by: number;
  readonly other: number;
  readonly count: number;
  readonly size: number;
  readonly volatile: boolean;
};

const steps = fc.array(
  fc.record<Step>({
    do: fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom("publish" as const, "send" as const) },
      { weight: 5, arbitrary: fc.constant("wait" as const) },
      { weight: 3, arbitrary: fc.constantFrom("stall" as const, "resume" as const) },
      { weight: 3, arbitrary: fc.constantFrom("join" as const, "close" as const, "kill" as const) },
      { weight: 1, arbitrary: fc.constant("cut" as const) },
    ),
    by: fc.nat(),
    other: fc.nat(),
    count: fc.integer({ min: 1, max: 12 }),
    size: fc.constantFrom(4, 4, 1000, 16 * 1024),
    volatile: fc.boolean(),
  }),
  { minLength: 20, maxLength: 100 },
);

/** @param runs how many such histories are tried */
export function churnTests(rig: Rig, runs: number): void {
  test("order, exactly once and honest gaps for every pair under churn", { timeout: 60_000 }, async () => {
    let heard = 0;
    const history = fc.asyncProperty(steps, async (script) => {
      try {
        const fleet = new Fleet(rig, await rig.fleet(3, { queueLimit: QUEUE_LIMIT, hungAfter: 60_000 }));
        for (const step of script) await fleet.take(step);
        await fleet.settle();
        heard += fleet.check();
      } finally {
        await rig.close();
      }
    });
    await fc.assert(history, {
      numRuns: runs,
      timeout: 10_000,
      endOnFailure: true,
      interruptAfterTimeLimit: 50_000,
      markInterruptAsFailure: true,
    });
    expect(heard).toBeGreaterThan(100);
  });
}

class Fleet {
  readonly #rig: Rig;
  readonly #all: Recorder[];
  readonly #live: Set<Recorder>;
  readonly #stalled = new Set<Recorder>();
  readonly #ledgers = new Map<Recorder, Ledger>();
  /** Pairs whose link was cut, and has not been lost by both yet. */
  #cuts: { readonly pair: readonly [Recorder, Recorder]; readonly lost: () => boolean }[] = [];

  constructor(rig: Rig, workers: readonly Recorder[]) {
    this.#rig = rig;
    this.#all = [...workers];
    this.#live = new Set(workers);
  }

  /** A step that nobody can take now is left out. */
  async take(step: Step): Promise<void> {
    const movers = [...this.#live].filter((worker) => !this.#stalled.has(worker));
    const mover = movers[step.by % movers.length];
    const victims = [...this.#live];
    const victim = victims[step.by % victims.length];
    if (step.do === "wait") for (let i = 0; i < step.count; i++) await turn();
    else if (step.do === "join") await this.#join();
    else if (step.do === "resume") for (const worker of this.#stalled) this.#resume(worker);
    else if (step.do === "kill" && victim !== undefined)
      this.#end(victim, () => this.#rig.carrier.kill(victim.bus));
    else if (mover === undefined) return;
    else if (step.do === "close") this.#end(mover, () => mover.bus.close());
    else if (step.do === "stall") this.#stall(mover);
    else if (step.do === "cut") this.#cut(mover, movers[step.other % movers.length] as Recorder);
    else for (let i = 0; i < step.count; i++) this.#say(mover, step);
  }

  /** All faults end; then each says one thing more, so that every gap has an end. */
  async settle(): Promise<void> {
    for (const worker of this.#stalled) this.#resume(worker);
    await until(() => this.#cuts.every(({ lost }) => lost()));
    await until(() =>
      [...this.#live].every((worker) => this.#othersOf(worker).every((other) => worker.knows(other))),
    );
    for (const worker of this.#live) this.#publish(worker, 4, false);
    await until(() =>
      [...this.#live].every((worker) =>
        this.#othersOf(worker).every((other) => this.#open(worker, other) === 0),
      ),
    );
  }

  /** @returns how many messages were heard @throws as {@link Ledger.open} */
  check(): number {
    for (const sender of this.#all) for (const receiver of this.#all) this.#open(sender, receiver);
    return this.#all.reduce((sum, worker) => sum + worker.texts().length, 0);
  }

  #say(sender: Recorder, { do: kind, other, size, volatile }: Step): void {
    if (kind === "publish") {
      this.#publish(sender, size, volatile);
      return;
    }
    const to = sender.bus.peers().filter((_, i) => ((other >> i) & 1) === 1);
    const number = this.#ledgerOf(sender).write(
      to.map(({ identity }) => identity.slot),
      volatile,
    );
    sender.bus.send(to, CHANNEL, numbered(number, size), volatile);
  }

  #publish(sender: Recorder, size: number, volatile: boolean): void {
    const to = sender.bus.peers().map(({ identity }) => identity.slot);
    sender.bus.publish(CHANNEL, numbered(this.#ledgerOf(sender).write(to, volatile), size), volatile);
  }

  /** A stalled worker would keep the newcomer waiting. */
  async #join(): Promise<void> {
    if (this.#live.size >= MOST || this.#stalled.size > 0) return;
    const worker = await this.#rig.join();
    this.#all.push(worker);
    this.#live.add(worker);
  }

  #end(worker: Recorder, end: () => void): void {
    if (this.#live.size <= FEWEST) return;
    this.#live.delete(worker);
    this.#stalled.delete(worker);
    this.#cuts = this.#cuts.filter(({ pair }) => !pair.includes(worker));
    end();
  }

  #stall(worker: Recorder): void {
    this.#stalled.add(worker);
    this.#rig.carrier.stall(worker.bus);
  }

  #resume(worker: Recorder): void {
    this.#stalled.delete(worker);
    this.#rig.carrier.resume(worker.bus);
  }

  /** Only what stands can be cut: both must know each other, and have noticed the cut before. */
  #cut(one: Recorder, other: Recorder): void {
    const pair = [one, other] as const;
    this.#cuts = this.#cuts.filter(({ lost }) => !lost());
    if (one === other || !one.knows(other) || !other.knows(one)) return;
    if (this.#cuts.some((cut) => cut.pair.includes(one) && cut.pair.includes(other))) return;
    const [before, beforeOther] = [downs(one, other), downs(other, one)];
    this.#cuts.push({ pair, lost: () => downs(one, other) > before && downs(other, one) > beforeOther });
    this.#rig.carrier.cut(one.bus, other.bus);
  }

  #open(sender: Recorder, receiver: Recorder): number {
    return this.#ledgerOf(sender).open(receiver.slot, receiver.of(sender));
  }

  #othersOf(worker: Recorder): Recorder[] {
    return [...this.#live].filter((other) => other !== worker);
  }

  #ledgerOf(worker: Recorder): Ledger {
    const ledger = this.#ledgers.get(worker) ?? new Ledger();
    this.#ledgers.set(worker, ledger);
    return ledger;
  }
}

function downs(worker: Recorder, peer: Recorder): number {
  return worker.of(peer).filter((event) => event === "down").length;
}
