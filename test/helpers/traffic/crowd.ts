/** Traffic: all clients of one process: how they arrive, talk, fall silent and reckon. */

import { setTimeout as pause } from "node:timers/promises";
import { TrafficClient } from "./client.js";
import { placeOf } from "./place.js";
import type { Ends } from "./received-streams.js";
import { KINDS, type Kind, type TrafficReport } from "./report.js";
import { Tally } from "./tally.js";

export type CrowdOptions = {
  readonly url: string;
  /** How many of each kind. */
  readonly clients: Readonly<Partial<Record<Kind, number>>>;
  /** As many as the app has. */
  readonly rooms: number;
  /** From one number that a client says to the next. Milliseconds. */
  readonly every: number;
  /**
   * Half of the polling clients keep their connections, and all that upgrade; else each request opens one. Where a kept connection is reset, the
   * official client of Node asks again and never sends the request (xmlhttprequest-ssl 2.1.2), until its heartbeat is overdue.
   */
  readonly keepAlive: boolean;
  /** When all have fallen silent, what they are owed is waited for as long as this. Milliseconds. */
  readonly settleWithin: number;
};

/** Opened at once. */
const WAVE = 25;
/** Of a newcomer, before it leaves again. Milliseconds. */
const STAY = 3_000;
/** An answer that takes longer is none. Milliseconds. */
const MOMENT = 2_000;
/** Newcomers come in these ways, in turn. */
const NEWCOMERS: readonly Kind[] = ["websocket", "upgrade", "polling"];
/** From leaving to the end of the process. Milliseconds. */
const GOODBYE = 200;
/** Nothing new has come for so long: nothing will. Milliseconds. */
const SILENCE = 400;

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #tally = new Tally();
  readonly #ends: Ends = new Map();
  readonly #clients: TrafficClient[] = [];
  readonly #newcomers = new Set<TrafficClient>();
  #doorbell: NodeJS.Timeout | undefined;
  #index = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  /** Opens all clients; they talk from then on. Resolves when the last one has arrived. */
  async arrive(): Promise<void> {
    const kinds = KINDS.flatMap((kind) => Array<Kind>(this.#options.clients[kind] ?? 0).fill(kind));
    for (let from = 0; from < kinds.length; from += WAVE) {
      const wave = kinds.slice(from, from + WAVE).map((kind) => this.#open(kind));
      this.#clients.push(...wave);
      await Promise.all(wave.map((client) => client.arrived()));
      // A crowd before this one has silenced the app.
      if (from === 0) this.#clients[0]?.conversations[0]?.socket.emit("talk", () => {});
      for (const client of wave) client.talk();
    }
  }

  /** New clients come from now on, stay for three seconds and leave. @param perSecond 0: no more come, and the last have left */
  async newcomers(perSecond: number): Promise<void> {
    clearInterval(this.#doorbell);
    if (perSecond > 0) this.#doorbell = setInterval(() => void this.#visit(), 1_000 / perSecond);
    else while (this.#newcomers.size > 0) await pause(50);
  }

  /** How many sessions of those that stay each worker has, by slot. */
  slots(): Record<number, number> {
    const slots: Record<number, number> = {};
    for (const { slot } of this.#clients) slots[slot] = (slots[slot] ?? 0) + 1;
    return slots;
  }

  /** How many sockets of those that stay each host has. */
  hosts(): Record<string, number> {
    const hosts: Record<string, number> = {};
    for (const { place } of this.#conversations()) hosts[place] = (hosts[place] ?? 0) + 1;
    return hosts;
  }

  /** How many sockets of those that stay are in this namespace. */
  members(namespace: string): number {
    return this.#clients.filter((client) => client.isIn(namespace)).length;
  }

  /** The sockets of those that stay that get no answer within a moment, by name. */
  async unanswered(): Promise<string[]> {
    const answers = this.#conversations().map(async (conversation) =>
      (await conversation.isAnswered(MOMENT)) ? [] : [conversation.owner],
    );
    return (await Promise.all(answers)).flat();
  }

  /** Forgets how long echoes took so far. */
  mark(): void {
    this.#tally.rtts = [];
  }

  report(): TrafficReport {
    const conversations = this.#conversations();
    return {
      clients: this.#clients.length,
      sockets: conversations.length,
      connected: conversations.filter(({ socket }) => socket.connected).length,
      ...this.#tally.totals(),
      streams: this.#tally.streams(conversations.flatMap(({ received }) => [...received.entries()])),
      heardPlaces: [...new Set([...this.#ends.keys()].map(placeOf))],
      farLosses: conversations.flatMap(({ received }) => received.farLosses()),
      asks: this.#tally.asks,
      rtt: this.#tally.rtt(),
    };
  }

  /**
   * Everybody falls silent, clients and app; when all that is owed has come, or nothing comes any more, it is reckoned.
   * @param dead hosts that were killed
   */
  async finish(dead: readonly string[]): Promise<TrafficReport> {
    await this.newcomers(0);
    for (const client of this.#clients) client.hush();
    await this.#untilSettled();
    this.#clients[0]?.conversations[0]?.socket.emit("hush", () => {});
    await this.#untilSilent();
    await Promise.all(this.#conversations().map((conversation) => conversation.reckon(dead)));
    const report = this.report();
    for (const client of this.#clients) client.leave();
    // Whoever polls says so in a request: it must be on its way before this process is ended.
    await pause(GOODBYE);
    return report;
  }

  #open(kind: Kind): TrafficClient {
    return new TrafficClient(
      { ...this.#options, kind, index: this.#index++ },
      { tally: this.#tally, ends: this.#ends },
    );
  }

  #conversations() {
    return this.#clients.flatMap(({ conversations }) => conversations);
  }

  async #visit(): Promise<void> {
    const { newcomers } = this.#tally;
    const client = this.#open(NEWCOMERS[newcomers.came++ % NEWCOMERS.length] ?? "websocket");
    this.#newcomers.add(client);
    await Promise.race([client.joined(), pause(this.#options.settleWithin)]);
    if (client.hasJoined) {
      newcomers.connected += 1;
      client.talk();
      await pause(STAY);
      client.hush();
      const deadline = Date.now() + this.#options.settleWithin;
      while (!client.settled && Date.now() < deadline) await pause(50);
    }
    client.leave();
    for (const { received } of client.conversations)
      for (const [name, sequence] of received.entries()) this.#tally.add(name, sequence);
    newcomers.left += 1;
    this.#newcomers.delete(client);
  }

  async #untilSettled(): Promise<void> {
    const deadline = Date.now() + this.#options.settleWithin;
    while (!this.#clients.every((client) => client.settled) && Date.now() < deadline) await pause(50);
  }

  async #untilSilent(): Promise<void> {
    let before = -1;
    for (let now = this.#heard(); now !== before; now = this.#heard()) {
      before = now;
      await pause(SILENCE);
    }
    await this.#untilSettled();
  }

  #heard(): number {
    const { streams, asks } = this.report();
    const received = Object.values(streams).reduce((sum, stream) => sum + stream.received, 0);
    return Object.values(asks).reduce((sum, { answered }) => sum + answered, received);
  }
}
