/**
 * Test helper: hosts on memory networks that come and go, and the model of who must hear what. Everything since nothing was on its way is an
 * epoch. Who was a member all through an epoch must hear what was said in it, unless something failed between the two hosts; who
 * was none never; who came or went may. Whatever is heard is heard once, and in the order of its sender.
 */

import { Relay } from "../../../../src/bridge/relay/relay.js";
import type { Site } from "../../../../src/bridge/site.js";
import type { MemoryBus } from "../../../../src/bus/memory-bus.js";
import { BRIDGE_SLOT } from "../../../../src/protocol/bridge-messages.js";
import { MemorySite } from "../../../helpers/relay/memory-site.js";
import { MovingFleet, turns, type Worker } from "../../adapter/moves/moving-fleet.js";
import { type Host, type Member, type Said, wrongAt } from "./churn-model.js";

export type Churn =
  | { do: "say"; by: number; room: number }
  | { do: "join" | "leave"; who: number; room: number }
  | { do: "ask"; by: number; who: number; room: number }
  | { do: "connect"; at: number }
  | { do: "kill worker" | "add worker" | "kill host" | "replace bridge"; who: number }
  | { do: "add host" }
  | { do: "break" | "mend" | "lose"; from: number; to: number }
  | { do: "pause"; turns: number }
  | { do: "quiet" };

/** One is named like the socket of a host that may be there, one is for everybody. */
const ROOMS = ["a", "b", 7 as unknown as string, "0100BBBBBBBBBBBBBBBB", undefined];
const MAX_HOSTS = 4;
const MAX_WORKERS = 3;
const MAX_SESSIONS = 16;

export class ChurningHosts {
  readonly #site = new MemorySite();
  readonly #hosts: Host[] = [];
  #members: Member[] = [];
  readonly #numbers = new Set<number>();
  #said: Said[] = [];
  /** Hosts that something happened to in this epoch. */
  readonly #failed = new Set<Host>();
  readonly #broken = new Set<string>();
  /** They came in this epoch, and may not know everybody. */
  readonly #newcomers = new Set<Worker>();
  readonly #names = new Map<Worker, number>();
  #count = 0;

  static async open(): Promise<ChurningHosts> {
    const world = new ChurningHosts();
    for (let i = 0; i < 2; i++) world.#addHost();
    await world.quiet();
    for (let i = 0; i < 6; i++) world.#connect(i);
    await world.quiet();
    return world;
  }

  async run(command: Churn): Promise<void> {
    switch (command.do) {
      case "say":
        return this.#say(pick(this.#workers, command.by), pick(ROOMS, command.room));
      case "join":
      case "leave":
        return this.#change(command.do, pick(this.#members, command.who), pick(ROOMS, command.room));
      case "ask":
        return this.#ask(
          pick(this.#workers, command.by),
          pick(this.#members, command.who),
          pick(ROOMS, command.room),
        );
      case "connect":
        return this.#connect(command.at);
      case "kill worker":
        return this.#killWorker(pick(this.#workers, command.who));
      case "add worker":
        return this.#addWorker(pick(this.#hosts, command.who));
      case "kill host":
        return this.#killHost(pick(this.#hosts, command.who));
      case "replace bridge":
        return this.#replaceBridge(pick(this.#hosts, command.who));
      case "add host":
        return this.#addHost();
      case "break":
      case "mend":
      case "lose":
        return this.#disturb(command.do, pick(this.#hosts, command.from), pick(this.#hosts, command.to));
      case "pause":
        return turns(command.turns);
      default:
        return this.quiet();
    }
  }

  /** Nothing is on its way, what was lost is found, and all was heard as it must be. @throws for everything that was not */
  async quiet(): Promise<void> {
    await this.#settled();
    for (const from of this.#hosts) for (const to of this.#hosts) this.#site.mend(from.site, to.site);
    // A word in every direction, so that who has lost something finds out.
    for (const host of this.#hosts) {
      const others = this.#hosts.filter((other) => other !== host).map(({ site }) => site.self);
      host.site.send(others, Buffer.from("nothing"));
    }
    await this.#settled();
    const troubles = { broken: this.#broken, failed: this.#failed, newcomers: this.#newcomers };
    const wrong = this.#members.flatMap((member) => wrongAt(member, this.#said, troubles));
    wrong.push(...this.#leftovers());
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
    this.#said = [];
    this.#failed.clear();
    this.#broken.clear();
    this.#newcomers.clear();
    for (const member of this.#members) {
      member.before = new Set(member.session.rooms);
      member.touched.clear();
      member.isNew = false;
      member.checked = member.session.heard.length;
    }
  }

  /** Everybody goes. @throws for whatever is kept */
  async end(): Promise<void> {
    await this.quiet();
    for (const { session } of this.#members) session.leave();
    this.#members = [];
    await this.#settled();
    const wrong = this.#hosts.flatMap(({ relay, number }) => {
      const { ownRooms, foreignRooms, questions } = relay.gauges;
      return ownRooms + foreignRooms + questions === 0
        ? []
        : [`host ${number} keeps ${JSON.stringify(relay.gauges)}`];
    });
    for (const { adapter } of this.#workers) {
      const { foreignRooms } = adapter.gauges();
      if (foreignRooms > 0) wrong.push(`a worker keeps ${foreignRooms} rooms`);
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

  async #settled(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      for (const { fleet } of this.#hosts) await fleet.network.settled();
      await this.#site.settled();
      await turns(1);
    }
  }

  #addHost(): void {
    if (this.#hosts.length >= MAX_HOSTS) return;
    let number = 0;
    while (this.#numbers.has(number)) number += 1;
    this.#numbers.add(number);
    const fleet = new MovingFleet({ host: number });
    const host = { number, fleet, ...this.#bridge(number, fleet) };
    this.#hosts.push(host);
    this.#addWorker(host);
    this.#addWorker(host);
    this.#failed.add(host);
  }

  #bridge(number: number, fleet: MovingFleet): { bus: MemoryBus; site: Site; relay: Relay } {
    const bus = fleet.network.join(BRIDGE_SLOT, 0);
    let relay: Relay | undefined;
    const site = this.#site.join(number, () => relay?.handlers);
    relay = new Relay({ mesh: bus, site });
    return { bus, site, relay };
  }

  #addWorker({ fleet }: Host): void {
    if (fleet.workers.length >= MAX_WORKERS) return;
    const slots = fleet.workers.map(({ bus }) => bus.self.identity.slot);
    const worker = fleet.add(Math.max(-1, ...slots) + 1);
    this.#names.set(worker, this.#names.size);
    this.#newcomers.add(worker);
  }

  #connect(at: number): void {
    const host = pick(this.#hosts, at);
    const worker = pick(host.fleet.workers, at >> 1);
    if (this.#members.length >= MAX_SESSIONS || worker === undefined) return;
    const session = host.fleet.connect(worker);
    const before = new Set<string>();
    this.#members.push({ session, host, worker, before, touched: new Set(), isNew: true, checked: 0 });
  }

  #say(by: Worker, room: string | undefined): void {
    const host = this.#hostOf(by);
    const number = ++this.#count;
    const name = this.#names.get(by);
    if (room === undefined) by.io.emit("m", name, number);
    else by.io.to(room).emit("m", name, number);
    this.#said.push({ number, by, host, room });
  }

  #change(what: "join" | "leave", member: Member | undefined, room: string | undefined): void {
    if (member === undefined || room === undefined) return;
    const { adapter } = member.worker.io.of("/");
    // Every other one is awaited: whatever fails meanwhile, no question may be left over.
    if (what === "join") {
      const known = adapter.addAll(member.session.id, new Set([room]));
      if (this.#count % 2 === 0) void known?.then(() => {});
    } else adapter.del(member.session.id, room);
    member.touched.add(room);
  }

  /** Some worker makes a session of any host join, and says something there: that must come. */
  #ask(by: Worker, member: Member | undefined, room: string | undefined): void {
    if (member === undefined || room === undefined) return;
    by.io.in(member.session.id).socketsJoin(room);
    member.touched.add(room);
    this.#say(by, room);
  }

  #killWorker(worker: Worker): void {
    const host = this.#hostOf(worker);
    if (host.fleet.workers.length < 2) return;
    host.fleet.kill(worker);
    // What it had said may be lost, and what others ask for on its behalf.
    this.#failed.add(host);
    this.#members = this.#members.filter((member) => member.worker !== worker);
  }

  #killHost(host: Host): void {
    if (this.#hosts.length < 2) return;
    this.#hosts.splice(this.#hosts.indexOf(host), 1);
    this.#numbers.delete(host.number);
    this.#site.remove(host.site);
    host.fleet.network.kill(host.bus);
    for (const { bus } of host.fleet.workers) host.fleet.network.kill(bus);
    this.#members = this.#members.filter((member) => member.host !== host);
    this.#failed.add(host);
  }

  #replaceBridge(host: Host): void {
    this.#site.remove(host.site);
    host.fleet.network.kill(host.bus);
    Object.assign(host, this.#bridge(host.number, host.fleet));
    this.#failed.add(host);
  }

  #disturb(what: "break" | "mend" | "lose", from: Host, to: Host): void {
    if (from === to) return;
    // Who is only told that something is missing must not lose anything by that.
    if (what !== "lose") this.#broken.add(`${from.number}>${to.number}`);
    this.#site[what](from.site, to.site);
  }

  /** Once nothing is on its way, every host knows every room of every other. */
  #leftovers(): string[] {
    const places = this.#hosts.map(({ relay }) => relay.gauges);
    return places.flatMap(({ questions }, i) =>
      questions === 0 ? [] : [`host ${this.#hosts[i]?.number} waits`],
    );
  }

  #hostOf(worker: Worker): Host {
    const host = this.#hosts.find(({ fleet }) => fleet.workers.includes(worker));
    if (host === undefined) throw new Error("a worker without a host");
    return host;
  }
}

function pick<T>(from: readonly T[], choice: number): T {
  return from[choice % from.length] as T;
}
