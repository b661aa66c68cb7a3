/** Test helper: many clients on all workers, on every transport, that note who heard what, how often. */

import { Agent } from "node:http";
import type { Fleet } from "../fleet.js";
import { ClientSession } from "./client-session.js";
import { oneOfEachSlot } from "./conversation.js";
import { CLIENT_V4, type Transport } from "./official-clients.js";

/** Half of them by WebSocket only, a quarter upgraded, a quarter by polling only. */
const TRANSPORTS: readonly (readonly Transport[])[] = [
  ["websocket"],
  ["websocket"],
  ["polling", "websocket"],
  ["polling"],
];

type Speakers = readonly [ClientSession, ClientSession, ClientSession];
type Said = string | Buffer;

export class Crowd {
  readonly members: readonly ClientSession[];
  /** Of the sockets, in the order of the members. */
  readonly ids: readonly string[];
  /** One member of each slot, in the order of the slots. */
  readonly speakers: Speakers;
  readonly #agent: Agent;
  readonly #asked: number[];
  #fences = 0;
  #turns = 0;
  #mute: number | undefined;

  private constructor(members: readonly ClientSession[], agent: Agent) {
    this.members = members;
    this.#agent = agent;
    this.ids = members.map(({ socket }) => socket.id);
    this.#asked = members.map(() => 0);
    const speakers = oneOfEachSlot(members.filter((_, index) => index % 2 === 0));
    if (speakers.length !== 3) throw new Error(`the crowd sits on ${speakers.length} workers, not on 3`);
    this.speakers = speakers as unknown as Speakers;
    for (const [index, member] of members.entries()) this.#answerWith(member, index);
  }

  /** Connects all at once; members with an even number are in the room "even", the others in "odd". */
  static async gather(fleet: Fleet, size: number): Promise<Crowd> {
    const agent = new Agent({ keepAlive: true });
    const members = await Promise.all(
      Array.from({ length: size }, async (_, index) => {
        const transports = TRANSPORTS[index % TRANSPORTS.length] as readonly Transport[];
        const options = { transports, agent, query: { index: `${index}` } };
        const member = await ClientSession.open(CLIENT_V4, fleet.url, options);
        await member.travelsBy(transports.at(-1) as Transport);
        await member.ask("join", index % 2 === 0 ? "even" : "odd");
        return member;
      }),
    );
    return new Crowd(members, agent);
  }

  /** Numbers of the members that never used polling. */
  get byWebSocket(): number[] {
    return [...this.members.keys()].filter((index) => index % TRANSPORTS.length < 2);
  }

  /** Lets a speaker emit `shout`, each time another one. */
  async send(target: object, said: Said): Promise<void> {
    const speaker = this.speakers[this.#turns++ % this.speakers.length] as ClientSession;
    await this.sendBy(speaker, target, said);
  }

  async sendBy(speaker: ClientSession, target: object, said: Said): Promise<void> {
    await speaker.ask("send", target, "shout", said);
  }

  /** The numbers of those who heard it, as often as they heard it, once nothing is under way any more. */
  async whoHeard(said: Said): Promise<number[]> {
    await this.settled();
    return this.heardBy(said);
  }

  /** The numbers of those who have heard it by now. */
  heardBy(said: Said): number[] {
    const wanted = Buffer.from(said);
    const isIt = ([heard]: unknown[]): boolean => Buffer.from(heard as Buffer).equals(wanted);
    return this.members.flatMap((member, index) =>
      member
        .heard("shout")
        .filter(isIt)
        .map(() => index),
    );
  }

  /** How often each was asked for an answer. */
  timesAsked(): readonly number[] {
    return this.#asked;
  }

  /** This one gives no more answers; undefined: all do. */
  mute(index: number | undefined): void {
    this.#mute = index;
  }

  faults(): string[] {
    return this.members.flatMap(({ faults }) => faults);
  }

  /** Numbers of those who lost their connection. */
  disconnected(): number[] {
    return [...this.members.entries()].filter(([, { faults }]) => faults.length > 0).map(([index]) => index);
  }

  /** Forgets what was heard and asked. */
  forget(): void {
    for (const member of this.members) member.forget("shout");
    this.#asked.fill(0);
  }

  close(): void {
    for (const member of this.members) member.close();
    this.#agent.destroy();
  }

  /** What a worker sent before its fence arrives before it: when all fences are here, nothing is under way any more. */
  async settled(): Promise<void> {
    const fences = this.speakers.map(() => `fence ${++this.#fences}`);
    await Promise.all(this.speakers.map((speaker, at) => this.sendBy(speaker, {}, fences[at] as string)));
    const connected = this.members.filter(({ faults }) => faults.length === 0);
    await Promise.all(
      connected.map((member) =>
        member.until(fences.join(), () => {
          const heard = new Set(member.heard("shout").map(([text]) => text));
          return fences.every((fence) => heard.has(fence));
        }),
      ),
    );
  }

  #answerWith(member: ClientSession, index: number): void {
    member.socket.on("question", (answer: (index: number) => void) => {
      this.#asked[index] = (this.#asked[index] ?? 0) + 1;
      if (this.#mute !== index) answer(index);
    });
  }
}
