/** The real thing under the churn test: workers, sockets and clients, and the ledger of what was done to them. */

import type { Socket as ServerSocket } from "socket.io";
import { endRawLinks, rawLink } from "../../../contract/raw-link.js";
import { Fleet, type Node, serverSocket, type TestClient } from "../fleet.js";
import type { Command, Emit, Move, MoveAll } from "./commands.js";
import { Ledger, type Room } from "./ledger.js";
import { type Heard, violations } from "./verify.js";
import { eventually, PATIENCE, turns } from "./waiting.js";

type Place = { readonly slot: number; readonly generation: number };
type Worker = { readonly number: number; readonly node: Node };
type Member = {
  readonly id: string;
  /** For the words of a failure. */
  readonly name: string;
  readonly worker: Worker;
  readonly client: TestClient;
  readonly socket: ServerSocket;
  heard: Heard[];
};
/** What a client asks its worker to do; what is returned is awaited before the client is answered. */
type Deed = () => unknown;

const MAX_WORKERS = 4;
const MAX_MEMBERS = 8;

export type WorldOptions = {
  /** Names of rooms. Messages go to the rooms of single sockets, too. */
  readonly rooms: readonly Room[];
  /** Sockets join the rooms of other sockets, too. */
  readonly joinIds: boolean;
};

export class World {
  readonly #fleet = new Fleet();
  readonly #ledger = new Ledger();
  readonly #workers: Worker[] = [];
  readonly #members: Member[] = [];
  readonly #leaving: Member[] = [];
  readonly #deeds = new Map<number, Deed>();
  readonly #rooms: readonly Room[];
  /** Every socket that ever was: its room may outlive it. */
  readonly #ids: Room[] = [];
  readonly #joinIds: boolean;
  #breaking: Promise<void> = Promise.resolve();
  #number = 0;

  private constructor({ rooms, joinIds }: WorldOptions) {
    this.#rooms = rooms;
    this.#joinIds = joinIds;
  }

  /** Three workers with two clients each. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    for (let i = 0; i < 3; i++) await world.#addWorker({ slot: i, generation: 1 });
    for (let i = 0; i < 6; i++) await world.#connect(pick(world.#workers, i));
    return world;
  }

  /** @returns a promise where the command takes time; else it is done in this very turn */
  run(command: Command): Promise<void> | undefined {
    const needsMember = command.do === "move" || (command.do === "emit" && command.via !== "io");
    if (needsMember && this.#members.length === 0) return undefined;
    switch (command.do) {
      case "emit":
        return this.#emit(command);
      case "move":
        return this.#move(command);
      case "moveAll":
        return this.#moveAll(command);
      case "connect":
        return this.#members.length < MAX_MEMBERS
          ? this.#connect(pick(this.#workers, command.by))
          : undefined;
      case "disconnect":
        return this.#members.length > 3 ? this.#disconnect(command.who, command.side) : undefined;
      case "pause":
        return turns(command.turns);
      case "settle":
        return this.settle();
      case "addWorker":
        return this.#workers.length < MAX_WORKERS
          ? this.#addWorker(command.reload ? this.#besides(command.by) : this.#freePlace())
          : undefined;
      case "endWorker":
        return this.#workers.length > 2 ? this.#endWorker(command.by, command.how) : undefined;
      case "cut":
        return this.#cut(pick(this.#workers, command.a), pick(this.#workers, command.b));
    }
  }

  /** Waits until nothing is on its way. @throws for everything that is not as it must be */
  async settle(): Promise<void> {
    await this.#linked();
    for (const worker of this.#workers)
      this.#say(worker, (number) => worker.node.io.emit("m", number, worker.number));
    const last = this.#number;
    const first = last - this.#workers.length;
    const fenced = ({ heard }: Member): boolean =>
      heard.filter(({ number }) => number > first).length >= this.#workers.length;
    for (const member of this.#members)
      await eventually(`what was sent to all before ${last} reaches ${member.name}`, () => fenced(member));
    const left = ({ id, worker }: Member): boolean => !worker.node.io.of("/").sockets.has(id);
    await eventually("those who left are gone", () => this.#leaving.every(left));
    this.#check();
    this.#leaving.length = 0;
    for (const member of this.#members) member.heard = [];
    this.#ledger.begin((id) => this.#members.find((member) => member.id === id)?.socket.rooms ?? new Set());
  }

  async close(): Promise<void> {
    await this.#breaking;
    endRawLinks();
    await this.#fleet.close();
  }

  #emit({ via, by, to, except }: Emit): Promise<void> | undefined {
    const target = { rooms: this.#names(to), except: this.#names(except) };
    if (via === "io") {
      const worker = pick(this.#workers, by);
      const emit = (number: number): unknown =>
        worker.node.io.to(target.rooms).except(target.except).emit("m", number, worker.number);
      this.#say(worker, emit, target);
      return undefined;
    }
    const member = pick(this.#members, by);
    const others = { ...target, except: [...target.except, member.id] };
    const deed = (): void => {
      const emit = (number: number): unknown =>
        member.socket.to(target.rooms).except(target.except).emit("m", number, member.worker.number);
      this.#say(member.worker, emit, others);
    };
    if (via === "client") return this.#ask(member, deed);
    deed();
    return undefined;
  }

  #say(
    worker: Worker,
    emit: (number: number) => unknown,
    target = { rooms: [], except: [] } as Targets,
  ): void {
    const number = ++this.#number;
    this.#ledger.add({ kind: "emit", by: worker.number, target, message: number });
    emit(number);
  }

  #move({ via, how, who, rooms }: Move): Promise<void> | undefined {
    const member = pick(this.#members, who);
    const { id, worker, socket } = member;
    const moved = this.#joined(rooms);
    const deed = (): unknown => {
      const target = { rooms: [], except: [] };
      this.#ledger.add({ kind: how, by: worker.number, only: id, target, moved });
      return how === "join" ? socket.join(moved) : Promise.all(moved.map((room) => socket.leave(room)));
    };
    if (via === "client") return this.#ask(member, deed);
    void deed();
    return undefined;
  }

  #moveAll({ how, by, to, rooms }: MoveAll): undefined {
    const { number, node } = pick(this.#workers, by);
    const target = { rooms: this.#names(to), except: [] };
    const moved = this.#joined(rooms);
    this.#ledger.add({ kind: how, by: number, target, moved });
    const sockets = node.io.to(target.rooms);
    if (how === "join") sockets.socketsJoin(moved);
    else sockets.socketsLeave(moved);
  }

  /** As the app's own client would: the worker acts when the request arrives, and answers then. */
  async #ask({ client }: Member, deed: Deed): Promise<void> {
    const number = ++this.#number;
    this.#deeds.set(number, deed);
    await client.socket.timeout(PATIENCE).emitWithAck("do", number);
  }

  async #connect(worker: Worker): Promise<void> {
    const client = await this.#fleet.connect(worker.node);
    const socket = serverSocket(worker.node, client);
    const name = `client ${this.#ids.length} of worker ${worker.number}`;
    const member: Member = { id: client.id, name, worker, client, socket, heard: [] };
    client.socket.on("m", (number: number, sender: number) => member.heard.push({ number, sender }));
    socket.on("do", async (number: number, answer: () => void) => {
      await this.#deeds.get(number)?.();
      answer();
    });
    this.#members.push(member);
    this.#ids.push(client.id);
    this.#ledger.born({ id: client.id, worker: worker.number });
  }

  #disconnect(who: number, side: "client" | "server"): undefined {
    const member = pick(this.#members, who);
    this.#died(member);
    if (side === "client") member.client.socket.disconnect();
    else member.socket.disconnect();
  }

  #died(member: Member): void {
    this.#ledger.died(member.id);
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#leaving.push(member);
  }

  async #addWorker(place: Place): Promise<void> {
    await this.#breaking;
    const number = ++this.#number;
    this.#workers.push({ number, node: await this.#fleet.add({}, place) });
  }

  #freePlace(): Place {
    const taken = this.#workers.map(({ node }) => node.mesh.self.identity.slot);
    const slot = [0, 1, 2, 3].find((one) => !taken.includes(one)) ?? 0;
    return { slot, generation: 1 };
  }

  #besides(by: number): Place {
    const { slot, generation } = pick(this.#workers, by).node.mesh.self.identity;
    const both = this.#workers.filter(({ node }) => node.mesh.self.identity.slot === slot).length === 2;
    return both ? this.#freePlace() : { slot, generation: generation + 1 };
  }

  async #endWorker(by: number, how: "server" | "mesh"): Promise<void> {
    await this.#breaking;
    const worker = pick(this.#workers, by);
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    this.#ledger.gone(worker.number);
    for (const member of this.#members.filter((one) => one.worker === worker)) this.#died(member);
    await this.#fleet.remove(worker.node, how);
  }

  /** Goes on beside what happens next. */
  #cut(a: Worker, b: Worker): undefined {
    if (a === b || !this.#ledger.cut(a.number, b.number)) return;
    const [small, large] = a.node.mesh.self.key < b.node.mesh.self.key ? [a, b] : [b, a];
    const knows = (one: Worker, other: Worker): boolean =>
      one.node.mesh.peers().some(({ key }) => key === other.node.mesh.self.key);
    const cut = async (): Promise<void> => {
      // Whoever dials has no link in its own eyes: the larger key takes it for the truth, and closes the one that stands.
      const raw = await rawLink(large.node, small.node.mesh.self.identity);
      raw.destroy();
      await eventually("the link is down", () => !knows(small, large) && !knows(large, small));
    };
    this.#breaking = this.#breaking.then(cut);
  }

  async #linked(): Promise<void> {
    await this.#breaking;
    const others = this.#workers.length - 1;
    await eventually("all are linked", () =>
      this.#workers.every(({ node }) => node.mesh.peers().length === others),
    );
    for (const { node } of this.#workers) {
      while ((await node.io.of("/").adapter.serverCount()) !== others + 1) await turns(1);
    }
  }

  #check(): void {
    const verdicts = this.#ledger.verdicts();
    const wrong = this.#members.flatMap(({ id, name, socket, heard }) => {
      const { must, may } = this.#ledger.rooms(id);
      const missing = [...must].filter((room) => !socket.rooms.has(room));
      const extra = [...socket.rooms].filter((room) => !must.has(room) && !may.has(room));
      return [
        ...violations(id, heard, verdicts).map((sentence) => `${name} ${sentence}`),
        ...missing.map((room) => `${name} is not in ${short(room)}`),
        ...extra.map((room) => `${name} is in ${short(room)}`),
      ];
    });
    for (const { id, name, heard } of this.#leaving)
      wrong.push(...violations(id, heard, verdicts).map((sentence) => `${name} ${sentence}`));
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  }

  #names(choices: readonly number[]): Room[] {
    return choices.map((choice) => pick([...this.#rooms, ...this.#ids], choice));
  }

  #joined(choices: readonly number[]): Room[] {
    return this.#joinIds ? this.#names(choices) : choices.map((choice) => pick(this.#rooms, choice));
  }
}

type Targets = { readonly rooms: readonly Room[]; readonly except: readonly Room[] };

function pick<T>(from: readonly T[], choice: number): T {
  return from[choice % from.length] as T;
}

function short(room: Room): string {
  return JSON.stringify(room).slice(0, 40);
}
