/** Test helper: hosts on memory networks, with sessions that move between the workers of their host, and the model of what they must hear. */

import { Relay } from "../../../../src/bridge/relay/relay.js";
import type { Site } from "../../../../src/bridge/site.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import { BRIDGE_SLOT } from "../../../../src/protocol/bridge-messages.js";
import { MemorySite } from "../../../helpers/relay/memory-site.js";
import { Handovers } from "../../adapter/moves/handovers.js";
import { MovingFleet, type Session, turns, type Worker } from "../../adapter/moves/moving-fleet.js";
import type { Command } from "./commands.js";

type Host = {
  readonly fleet: MovingFleet;
  readonly bus: MemoryBus;
  readonly site: Site;
  readonly relay: Relay;
};

const WORKERS = 3;
const SESSIONS = 4;

export class MovingHosts {
  readonly site = new MemorySite();
  readonly #hosts: Host[] = [];
  readonly #sessions: Session[] = [];
  readonly #half = new Set<Session>();
  readonly #handovers = new Handovers();
  /** Members of the own room of each worker, as that worker has said. */
  readonly #own = new Map<Worker, Set<Session>>();
  /** What each session must hear, by sender. */
  readonly #expected = new Map<Session, Map<Worker, number[]>>();
  readonly #asked: Promise<void>[] = [];
  readonly #wrong: string[] = [];
  #said = 0;

  static async open(hosts: number): Promise<MovingHosts> {
    const world = new MovingHosts();
    for (let host = 0; host < hosts; host++) world.#add(host);
    await world.#quiet();
    for (let i = 0; i < hosts * SESSIONS; i++) world.#connect(i);
    await world.#quiet();
    return world;
  }

  async run(command: Command): Promise<void> {
    switch (command.do) {
      case "say":
        this.#say(command);
        break;
      case "join":
      case "leave":
        this.#change(command);
        break;
      case "ask":
        this.#ask(command.by, command.how);
        break;
      case "open":
        this.#open(command);
        break;
      case "depart":
        this.#handovers.depart(this.#handovers.at(command.pair), command.count, this.#sessions);
        break;
      case "arrive":
        this.#handovers.arrive(this.#handovers.at(command.pair));
        break;
      case "take back":
        this.#handovers.takeBack(this.#handovers.at(command.pair));
        break;
      case "close":
        this.#handovers.close(this.#handovers.at(command.pair));
        break;
      case "hold":
      case "release":
        this.#delay(command);
        break;
      case "lose":
        this.#lose(command.from, command.to);
        break;
      default:
        await turns(command.turns);
    }
  }

  /** @throws for everything that is not as it must be */
  async settle(): Promise<void> {
    for (const host of this.#hosts) {
      const buses = busesOf(host);
      for (const from of buses) for (const to of buses) host.fleet.network.release(from, to);
    }
    await this.#quiet();
    await this.#handovers.end();
    await Promise.all(this.#asked);
    await this.#quiet();
    const wrong = [...this.#wrong, ...this.#sessions.flatMap((session) => this.#check(session))];
    for (const { relay, fleet } of this.#hosts) {
      if (relay.gauges.questions > 0) wrong.push(`a relay keeps ${relay.gauges.questions} questions`);
      for (const { adapter, bus } of fleet.workers) {
        const { moves, pendingJoins, questions } = adapter.gauges();
        if (moves + pendingJoins + questions > 0) wrong.push(`${bus.self.key} keeps something`);
      }
    }
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  }

  close(): void {
    for (const { fleet, bus } of this.#hosts) {
      for (const worker of fleet.workers) worker.bus.close();
      bus.close();
    }
  }

  get #workers(): Worker[] {
    return this.#hosts.flatMap(({ fleet }) => fleet.workers);
  }

  #add(number: number): void {
    const fleet = new MovingFleet({ host: number });
    const bus = fleet.network.join(BRIDGE_SLOT, 0);
    let relay: Relay | undefined;
    const site = this.site.join(number, () => relay?.handlers);
    relay = new Relay({ mesh: bus, site });
    for (let slot = 0; slot < WORKERS; slot++) fleet.add(slot);
    this.#hosts.push({ fleet, bus, site, relay });
  }

  #connect(index: number): void {
    const { fleet } = pick(this.#hosts, index);
    const isHalf = index % 3 === 0;
    const session = fleet.connect(pick(fleet.workers, index >> 1), ...(isHalf ? ["half"] : []));
    if (isHalf) this.#half.add(session);
    this.#sessions.push(session);
    this.#expected.set(session, new Map());
  }

  /** Nothing is on its way; each round lets what has come cause something else. */
  async #quiet(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      for (const { fleet } of this.#hosts) await fleet.network.settled();
      await this.site.settled();
      await turns(1);
    }
  }

  #say({ by, to, who }: Extract<Command, { do: "say" }>): void {
    const worker = pick(this.#workers, by);
    const session = pick(this.#sessions, who);
    const number = ++this.#said;
    const name = worker.bus.self.key;
    const own = this.#own.get(worker) ?? new Set();
    const isFor = {
      all: () => true,
      half: (one: Session) => this.#half.has(one),
      one: (one: Session) => one === session,
      own: (one: Session) => own.has(one),
      "but one": (one: Session) => one !== session,
    }[to];
    const room = { all: undefined, half: "half", one: session.id, own: `own ${name}`, "but one": undefined }[
      to
    ];
    const emitter = to === "but one" ? worker.io.except(session.id) : worker.io;
    if (room === undefined) emitter.emit("m", name, number);
    else emitter.to(room).emit("m", name, number);
    for (const one of this.#sessions) {
      if (!isFor(one)) continue;
      const expected = this.#expected.get(one) as Map<Worker, number[]>;
      expected.set(worker, [...(expected.get(worker) ?? []), number]);
    }
  }

  #change({ do: what, by, who }: Extract<Command, { do: "join" | "leave" }>): void {
    const worker = pick(this.#workers, by);
    const session = pick(this.#sessions, who);
    const members = this.#own.get(worker) ?? new Set();
    this.#own.set(worker, members);
    const room = `own ${worker.bus.self.key}`;
    const target = worker.io.in(session.id);
    if (what === "join") {
      target.socketsJoin(room);
      members.add(session);
    } else {
      target.socketsLeave(room);
      members.delete(session);
    }
  }

  /** Every session is found once, and every client answers once, wherever they are. */
  #ask(by: number, how: "fetch" | "ack"): void {
    const { io, bus } = pick(this.#workers, by);
    const wanted = this.#sessions.map(({ id }) => id).sort();
    const question =
      how === "fetch"
        ? io
            .timeout(20_000)
            .fetchSockets()
            .then((sockets) => sockets.map(({ id }) => id))
        : io.timeout(20_000).emitWithAck("ask");
    const check = (got: string[]): void => {
      if (JSON.stringify(got.sort()) !== JSON.stringify(wanted)) {
        this.#wrong.push(`${how} of ${bus.self.key} got ${got} in place of ${wanted}`);
      }
    };
    this.#asked.push(question.then(check, (error) => this.#wrong.push(`${how}: ${error}`)) as Promise<void>);
  }

  #open({ host, from: a, to: b }: Extract<Command, { do: "open" }>): void {
    const { workers } = pick(this.#hosts, host).fleet;
    const [from, to] = [pick(workers, a), pick(workers, b)];
    this.#handovers.open(from, to);
  }

  #delay({ do: how, host, from, to }: Extract<Command, { do: "hold" | "release" }>): void {
    const at = pick(this.#hosts, host);
    const buses = busesOf(at);
    at.fleet.network[how](pick(buses, from), pick(buses, to));
  }

  #lose(from: number, to: number): void {
    const [one, other] = [pick(this.#hosts, from), pick(this.#hosts, to)];
    if (one !== other) this.site.lose(one.site, other.site);
  }

  #check(session: Session): string[] {
    const wrong: string[] = [];
    for (const worker of this.#workers) {
      const name = worker.bus.self.key;
      const heard = session.heard.filter(([, by]) => by === name).map(([, , number]) => number);
      const expected = this.#expected.get(session)?.get(worker) ?? [];
      if (String(heard) !== String(expected)) {
        wrong.push(`${session.id} of ${name}: ${heard} in place of ${expected}`);
      }
    }
    return wrong;
  }
}

function busesOf({ fleet, bus }: Host): MemoryBus[] {
  return [bus, ...fleet.workers.map((worker) => worker.bus)];
}

function pick<T>(from: readonly T[], choice: number): T {
  return from[choice % from.length] as T;
}
