/** One connection: what a client may ask for, and what it gets. */

import type { Socket } from "socket.io";
import { type JoinRequest, readJoin, readSay } from "./checks.ts";
import type {
  BetweenWorkers,
  FromClient,
  Notice,
  Person,
  Reply,
  SocketData,
  ToClient,
  Welcome,
} from "./events.ts";
import type { People } from "./people.ts";
import { rateLimit } from "./rate-limit.ts";
import { ROOMS, type Rooms } from "./rooms.ts";
import { self } from "./workers.ts";

type ChatSocket = Socket<FromClient, ToClient, BetweenWorkers, SocketData>;

/** Who lost the connection for less than this did not leave. Milliseconds. */
const GRACE = 4_000;
const TOO_FAST = "That was a little fast. Wait a moment, then send it again.";

export class Conversation {
  readonly #socket: ChatSocket;
  readonly #rooms: Rooms;
  readonly #people: People;

  constructor(socket: ChatSocket, rooms: Rooms, people: People) {
    this.#socket = socket;
    this.#rooms = rooms;
    this.#people = people;
    socket.emit("rooms", ROOMS);
    socket.emit("presence", people.shown);
    people.changed();
    const mayJoin = rateLimit({ burst: 10, perSecond: 1 });
    const maySay = rateLimit({ burst: 5, perSecond: 1 });
    const mayType = rateLimit({ burst: 8, perSecond: 2 });
    socket.on("join", (request, reply) => {
      answer(reply, () => (mayJoin() ? this.#join(request) : refuse(TOO_FAST)));
    });
    socket.on("say", (request, reply) => {
      answer(reply, () => (maySay() ? this.#say(request) : refuse(TOO_FAST)));
    });
    socket.on("typing", (on) => {
      if (mayType()) this.#typing(on === true);
    });
    socket.on("disconnect", () => this.#gone());
  }

  async #join(value: unknown): Promise<Reply<Welcome>> {
    const request = readJoin(value, ROOMS);
    if (typeof request === "string") return refuse(request);
    const before = this.#socket.data.person;
    const you = await this.#enter(request);
    if (before !== undefined && before.room !== you.room) await this.#leave(before);
    this.#announce(request, before);
    this.#people.changed();
    return { ok: true, you, history: await this.#rooms.history(you.room) };
  }

  async #enter({ id, name, room }: JoinRequest): Promise<Person> {
    const you = { id, name, room, worker: self.name, since: Date.now() };
    this.#socket.data.person = you;
    await this.#socket.join(room);
    return you;
  }

  #announce({ again, room }: JoinRequest, before: Person | undefined): void {
    if (before?.room === room) return;
    this.#notify(room, again && before === undefined ? "back" : "joined");
  }

  async #leave(before: Person): Promise<void> {
    await this.#socket.leave(before.room);
    this.#notify(before.room, "left");
  }

  #notify(room: string, kind: Notice["kind"], person = this.#socket.data.person): void {
    if (person === undefined) return;
    const { id, name } = person;
    this.#socket.to(room).emit("notice", { kind, id, name, worker: self.name, at: Date.now() });
  }

  async #say(value: unknown): Promise<Reply> {
    const person = this.#socket.data.person;
    if (person === undefined) return refuse("Join a room first.");
    const request = readSay(value);
    if (typeof request === "string") return refuse(request);
    const author = { id: person.id, name: person.name };
    this.#typing(false);
    await this.#rooms.say({ ...request, room: person.room, at: Date.now(), author, worker: self.name });
    return { ok: true };
  }

  #typing(on: boolean): void {
    const person = this.#socket.data.person;
    if (person === undefined) return;
    this.#socket.to(person.room).emit("typing", { id: person.id, name: person.name, on });
  }

  #gone(): void {
    const person = this.#socket.data.person;
    if (person === undefined) return;
    this.#typing(false);
    this.#people.changed();
    setTimeout(() => void this.#sayGoodbye(person), GRACE).unref();
  }

  async #sayGoodbye(person: Person): Promise<void> {
    const still = await this.#people.isIn(person.room, person.id).catch(() => true);
    if (!still) this.#notify(person.room, "left", person);
  }
}

function refuse(error: string): { ok: false; error: string } {
  return { ok: false, error };
}

/** A client may leave the callback out, and a fault of ours must not leave it waiting. */
function answer<T>(reply: unknown, work: () => Reply<T> | Promise<Reply<T>>): void {
  const send = typeof reply === "function" ? (reply as (answer: Reply<T>) => void) : () => {};
  void Promise.resolve()
    .then(work)
    .catch((error: unknown) => {
      console.error(error);
      return refuse("Something went wrong on the server. Please try again.");
    })
    .then(send);
}
