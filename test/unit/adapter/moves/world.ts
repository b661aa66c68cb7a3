/** Workers with sessions under the test of moving sessions, and the model: what each sender has said to whom. */

import type { Command } from "./commands.js";
import { Handovers } from "./handovers.js";
import { MovingFleet, type Session, turns, type Worker } from "./moving-fleet.js";

type Say = Extract<Command, { do: "say" }>;

/** Milliseconds of silence after which a worker is hung. */
const HUNG_AFTER = 5;
const MAX_WORKERS = 6;

export class World {
  readonly #fleet: MovingFleet;
  readonly #sessions: Session[] = [];
  readonly #half = new Set<Session>();
  readonly #handovers = new Handovers();
  /** Members of the own room of each worker, as that worker has said. */
  readonly #own = new Map<Worker, Set<Session>>();
  /** What each session must hear, by sender. */
  readonly #expected = new Map<Session, Map<Worker, number[]>>();
  readonly #names = new Map<Worker, number>();
  /** Some of what they said may be lost. */
  readonly #lossy = new Set<Worker>();
  /** They may not mirror when sessions leave: the old worker passes on what they say. */
  readonly #late = new Set<Worker>();
  /** They were old workers once. */
  readonly #olds = new Set<Worker>();
  /** Said by one that did not know everybody yet: may be lost. */
  readonly #optional = new Set<number>();
  #said = 0;

  private constructor(fleet: MovingFleet) {
    this.#fleet = fleet;
  }

  static async open(): Promise<World> {
    const fleet = await MovingFleet.open(4, { hungAfter: HUNG_AFTER });
    const world = new World(fleet);
    for (const worker of fleet.workers) world.#name(worker);
    for (let i = 0; i < 8; i++) {
      const session = fleet.connect(pick(fleet.workers, i), ...(i % 3 === 0 ? ["half"] : []));
      world.#sessions.push(session);
      world.#expected.set(session, new Map());
      if (i % 3 === 0) world.#half.add(session);
    }
    await fleet.network.settled();
    return world;
  }

  async run(command: Command): Promise<void> {
    switch (command.do) {
      case "say":
        return this.#say(command);
      case "join":
      case "leave":
        return this.#change(command);
      case "open":
        return this.#open(command.from, command.to);
      case "depart":
        return this.#handovers.depart(this.#handovers.at(command.pair), command.count, this.#sessions);
      case "arrive":
        return this.#handovers.arrive(this.#handovers.at(command.pair));
      case "take back":
        return this.#handovers.takeBack(this.#handovers.at(command.pair));
      case "close":
        return this.#handovers.close(this.#handovers.at(command.pair));
      case "hold":
      case "release":
        return this.#delay(command);
      case "pause":
        return turns(command.turns);
      case "add":
        return this.#add();
      case "kill":
        return this.#kill(pick(this.#fleet.workers, command.who));
      case "stall":
      case "resume":
        return this.#stall(command);
    }
  }

  /** @throws for everything that is not as it must be */
  async settle(): Promise<void> {
    const { network, workers } = this.#fleet;
    for (const { bus } of workers) network.resume(bus);
    for (const from of workers) for (const to of workers) network.release(from.bus, to.bus);
    await network.settled();
    await this.#handovers.end();
    await network.settled();
    const wrong = this.#sessions.flatMap((session) => this.#check(session));
    for (const { adapter, bus } of workers) {
      const { moves } = adapter.gauges();
      if (moves > 0) wrong.push(`worker ${bus.self.key} keeps ${moves}`);
    }
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  }

  close(): void {
    for (const { bus } of this.#fleet.workers) bus.close();
  }

  #say({ by, to, who }: Say): void {
    const worker = pick(this.#fleet.workers, by);
    const { io } = worker;
    const session = pick(this.#sessions, who);
    if (session === undefined) return;
    const number = ++this.#said;
    if (!this.#knowsAll(worker)) this.#optional.add(number);
    const name = this.#names.get(worker);
    const own = this.#own.get(worker) ?? new Set();
    switch (to) {
      case "all":
        io.emit("m", name, number);
        this.#expect(worker, number, () => true);
        break;
      case "half":
        io.to("half").emit("m", name, number);
        this.#expect(worker, number, (one) => this.#half.has(one));
        break;
      case "one":
        io.to(session.id).emit("m", name, number);
        this.#expect(worker, number, (one) => one === session);
        break;
      case "own":
        io.to(`own ${name}`).emit("m", name, number);
        this.#expect(worker, number, (one) => own.has(one));
        break;
      case "but one":
        io.except(session.id).emit("m", name, number);
        this.#expect(worker, number, (one) => one !== session);
        break;
    }
  }

  #expect(by: Worker, number: number, isFor: (session: Session) => boolean): void {
    for (const session of this.#sessions) {
      if (!isFor(session)) continue;
      const expected = this.#expected.get(session) as Map<Worker, number[]>;
      expected.set(by, [...(expected.get(by) ?? []), number]);
    }
  }

  #change({ do: what, by, who }: Extract<Command, { do: "join" | "leave" }>): void {
    const worker = pick(this.#fleet.workers, by);
    const session = pick(this.#sessions, who);
    if (session === undefined || !this.#knowsAll(worker)) return;
    // May be lost, and what it says then is heard by those who were not to hear it.
    if (what === "leave" && this.#late.has(worker)) return;
    const members = this.#own.get(worker) ?? new Set();
    this.#own.set(worker, members);
    const room = `own ${this.#names.get(worker)}`;
    if (what === "join") {
      worker.io.in(session.id).socketsJoin(room);
      members.add(session);
    } else {
      worker.io.in(session.id).socketsLeave(room);
      members.delete(session);
    }
  }

  #open(a: number, b: number): void {
    const { workers } = this.#fleet;
    const [from, to] = [pick(workers, a), pick(workers, b)];
    if (!knows(from, to) || !knows(to, from)) return;
    if (this.#handovers.open(from, to)) this.#olds.add(from);
  }

  #delay({ do: how, from, to }: { do: "hold" | "release"; from: number; to: number }): void {
    const { workers, network } = this.#fleet;
    network[how](pick(workers, from).bus, pick(workers, to).bus);
  }

  #stall({ do: how, who }: { do: "stall" | "resume"; who: number }): void {
    const { workers, network } = this.#fleet;
    this.#late.add(pick(workers, who));
    network[how](pick(workers, who).bus);
  }

  async #add(): Promise<void> {
    const { workers } = this.#fleet;
    if (workers.length >= MAX_WORKERS) return;
    const worker = this.#fleet.add(this.#names.size);
    this.#name(worker);
    this.#late.add(worker);
  }

  #kill(worker: Worker): void {
    const { workers } = this.#fleet;
    if (workers.length <= 3) return;
    this.#lossy.add(worker);
    // What an old worker would have passed on dies with it.
    if (this.#olds.has(worker)) for (const late of this.#late) this.#lossy.add(late);
    const pairs = [...this.#handovers.pairs];
    for (const pair of pairs) {
      if (pair.to === worker) this.#handovers.takeBack(pair);
      if (pair.from === worker) pair.batches.length = 0;
    }
    this.#fleet.kill(worker);
    for (const pair of pairs) {
      if (pair.to === worker) this.#handovers.close(pair);
      // The memory bus has no process that ends.
      if (pair.from === worker) this.#handovers.close(pair);
    }
    const lost = this.#sessions.filter((one) => one.worker === worker || one.worker === undefined);
    const underWay = new Set(
      this.#handovers.pairs.flatMap(({ batches }) => batches.flatMap(({ sessions }) => sessions)),
    );
    for (const session of lost) {
      if (!underWay.has(session)) this.#sessions.splice(this.#sessions.indexOf(session), 1);
    }
  }

  #knowsAll(worker: Worker): boolean {
    return this.#fleet.workers.every((other) => knows(worker, other) && knows(other, worker));
  }

  #name(worker: Worker): void {
    this.#names.set(worker, this.#names.size);
  }

  #check(session: Session): string[] {
    const wrong: string[] = [];
    for (const [worker, name] of this.#names) {
      const heard = session.heard.filter(([, by]) => by === name).map(([, , number]) => number as number);
      const expected = this.#expected.get(session)?.get(worker) ?? [];
      const must = this.#lossy.has(worker) ? [] : expected.filter((number) => !this.#optional.has(number));
      const right = isPartOf(heard, expected) && isPartOf(must, heard);
      if (!right) wrong.push(`${session.id} of ${name}: ${heard} in place of ${expected}`);
    }
    return wrong;
  }
}

function knows(one: Worker, other: Worker): boolean {
  return one === other || one.bus.peers().some(({ key }) => key === other.bus.self.key);
}

/** In order, some may be missing. */
function isPartOf(some: readonly number[], all: readonly number[]): boolean {
  let at = 0;
  for (const number of all) if (some[at] === number) at += 1;
  return at === some.length;
}

function pick<T>(from: readonly T[], choice: number): T {
  return from[choice % from.length] as T;
}
