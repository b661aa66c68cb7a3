/**
 * Worker (old): moves the sessions of this worker to others, batch by batch. What has moved is kept in this process until `release`:
 * should a taker die before that, its sessions come back and are served on here, and no client has noticed.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Position, SessionMoves } from "../../adapter/session-moves.js";
import type { HandoffReport } from "../../protocol/messages.js";
import { garbageCollector } from "../internals/garbage.js";
import { type BatchSize, firstBatch, nextBatch } from "./batch-size.js";
import type { ConnectionExchange, TakeConnection } from "./connection-exchange.js";
import { depart, stayReason } from "./depart.js";
import { exportApp } from "./hooks.js";
import { Leaver } from "./leaver.js";
import { LeftSessions } from "./left-sessions.js";
import { machineTime } from "./messages.js";
import type { Movable, SessionCodec } from "./session-codec.js";
import { Taker, type TakerConnection } from "./taker.js";
import { Tally } from "./tally.js";
import type { Transit } from "./transit.js";

/** Everybody in the fleet has said by then that what goes to this worker goes to the takers, too. Milliseconds. */
const MIRROR_LIMIT = 5000;
/** Between two looks at sessions that are busy. Milliseconds. */
const LOOK_AGAIN = 10;
/** Sessions that are busy are waited for as long as this before the others are reported. Milliseconds. */
const PATIENCE = 500;
const PROGRESS_EVERY = 100;
const ROUND_LIMIT = 1000;

export type HandoverOptions = {
  readonly codec: SessionCodec;
  readonly moves: SessionMoves;
  readonly transit: Transit;
  /** The slot of this worker. */
  readonly self: number;
  /** Connects to the worker of a slot. @throws when nobody is there */
  dial(slot: number): Promise<TakerConnection & { readonly key: string }>;
  /** Another worker has this session. */
  left(sid: string): void;
  /** A connection that a taker passed along. */
  readonly takeConnection: TakeConnection;
  progress(moved: number, left: number): void;
  stuck(slot: number): void;
  warn(sentence: string): void;
};

export class Handover {
  #tally = new Tally();
  readonly #options: HandoverOptions;
  readonly #takers: Taker[] = [];
  readonly #left: LeftSessions;
  readonly #garbage = garbageCollector();
  #turn = 0;
  /** The batch that is under way; never rejects. */
  #giving: Promise<void> = Promise.resolve();
  #size: BatchSize = firstBatch;
  /** What is left of the sessions that were here when the round began, and until when. */
  #plan = { left: 0, until: 0 };
  #progressAt = 0;

  constructor(options: HandoverOptions) {
    this.#options = options;
    this.#left = new LeftSessions(options);
  }

  /** A worker that can take sessions is left. */
  get possible(): boolean {
    return this.#takers.some((taker) => !taker.gone);
  }

  /** Sessions that are elsewhere. */
  get left(): LeftSessions {
    return this.#left;
  }

  get links(): readonly Taker[] {
    return this.#takers.filter((taker) => !taker.gone);
  }

  /** Connects to the takers and tells them what they must know. @returns whether anybody takes sessions */
  async begin(slots: readonly number[]): Promise<boolean> {
    const { codec, moves, warn, self } = this.#options;
    // A worker that serves another slot has a state of its own.
    const app = slots.includes(self) ? await exportApp(warn) : [];
    await Promise.all(slots.map((slot) => this.#connect(slot, { shared: codec.shared(), app })));
    if (!this.possible) return false;
    await moves.mirror(
      this.links.map(({ key }) => key),
      MIRROR_LIMIT,
    );
    return this.possible;
  }

  /**
   * Moves all that can move.
   * @param until milliseconds of the machine's clock
   * @returns false when a taker was lost: its sessions are here again, and nothing more is moved
   */
  async move(until: number, most = Number.POSITIVE_INFINITY): Promise<boolean> {
    let patience = machineTime() + PATIENCE;
    while (machineTime() < until && this.#tally.moved < most) {
      const before = this.#tally.moved;
      const waiting = await this.#pass(until, most);
      if (!this.possible) return false;
      if (this.#tally.moved > before) patience = Math.max(patience, machineTime() + LOOK_AGAIN);
      if (waiting === 0 || machineTime() > patience) break;
      await delay(LOOK_AGAIN);
    }
    return this.possible;
  }

  /**
   * Asks whether those that took sessions serve: one that stopped with its last answer already under way would keep them for good.
   * @returns false when none is left
   */
  async confirm(): Promise<boolean> {
    await Promise.all(this.links.map((taker) => this.#confirm(taker)));
    return this.possible;
  }

  /** Moves what can move now. @returns whether a session is busy that may move later */
  async round(): Promise<boolean> {
    return (await this.#pass(machineTime() + ROUND_LIMIT, Number.POSITIVE_INFINITY)) > 0;
  }

  /** A connection goes to one of the takers, each in its turn. @returns false where none is left; else `outcome` tells whether it was taken */
  passConnection(...passed: Parameters<ConnectionExchange["offer"]>): boolean {
    return this.possible && this.#nextTaker().exchange.offer(...passed);
  }

  /** No more sessions leave: what is broadcast goes where its members are, as ever. */
  settle(): void {
    this.#options.moves.unmirror();
  }

  /** The takers are dead, and who has not died is not asked any more: everything that was theirs comes back. */
  keep(): void {
    for (const taker of this.#takers) taker.close();
    // A batch that is under way comes back first, and gets what was broadcast meanwhile: that is forgotten here.
    void this.#giving.then(() => this.#options.moves.unmirror());
  }

  /** No code here has anything to say to the sessions that left. Who has them, they have told by now. */
  close(): void {
    this.#left.release();
    this.keep();
    this.#left.forget();
  }

  /** Since the last report. */
  report(): HandoffReport {
    const report = this.#tally.report();
    this.#tally = new Tally();
    return report;
  }

  async #connect(slot: number, state: Parameters<Taker["begin"]>[0]): Promise<void> {
    try {
      const connection = await this.#options.dial(slot);
      const taker = new Taker({ slot, key: connection.key }, connection, {
        late: ({ sid, message }) => this.#left.late(sid, message),
        connection: this.#options.takeConnection,
        gone: (lost) => this.#tally.takenBack(this.#left.takerGone(lost)),
      });
      this.#takers.push(taker);
      await taker.begin(state);
    } catch (error) {
      this.#options.warn(`The worker of slot ${slot} takes no sessions: ${(error as Error).message}.`);
      this.#takers.find((taker) => taker.slot === slot)?.close();
    }
  }

  /** Every session once. @returns how many were busy */
  async #pass(until: number, most: number): Promise<number> {
    // Polling last: its bodies wait until all is over.
    const all = [...this.#options.codec.sessions()].sort((a, b) => rank(a) - rank(b));
    let waiting = 0;
    let next = 0;
    while (next < all.length) {
      await this.#breathe();
      if (!this.possible || machineTime() >= until) break;
      const batch: Movable[] = [];
      const room = Math.min(this.#size.sessions, most - this.#tally.moved);
      while (batch.length < room && next < all.length) {
        const session = all[next++] as Movable;
        const obstacle = session.obstacle();
        if (obstacle === undefined) batch.push(session);
        else {
          if (obstacle === "wait") waiting += 1;
          this.#tally.stays(session.sid, stayReason(session, obstacle));
        }
      }
      if (batch.length === 0) break;
      this.#plan = { left: all.length - next, until };
      waiting += await this.#moveBatch(batch);
      this.#progress(all.length - next + waiting);
    }
    return waiting;
  }

  /** Between two batches, when nobody stands still: what would else happen in the middle of one. */
  async #breathe(): Promise<void> {
    // All that a session is made of survives, so that a collection of many takes as long as several batches.
    this.#garbage.young();
    await turn();
  }

  /** @returns how many were busy after all */
  async #moveBatch(batch: readonly Movable[]): Promise<number> {
    const taker = this.#nextTaker();
    const leavers = batch.map((movable) => new Leaver(movable));
    const frozenAt = machineTime();
    for (const leaver of leavers) {
      this.#options.transit.leaves(leaver.sid);
      leaver.freeze();
    }
    // What was read already becomes events in this time, and what was written leaves.
    await turn();
    await turn();
    const { gone, stayed, position } = depart(leavers, taker, this.#options);
    for (const { sid, reason } of stayed) this.#tally.stays(sid, reason);
    if (gone.length > 0) this.#giving = this.#give(gone, taker, position, frozenAt);
    await this.#giving;
    return stayed.filter(({ busy }) => busy).length;
  }

  async #give(gone: readonly Leaver[], taker: Taker, position: Position, frozenAt: number): Promise<void> {
    try {
      const { refused, problem } = await taker.build(position, frozenAt);
      if (problem !== undefined) this.#options.warn(problem);
      const back = refused.map((number) => gone[number]).filter((one) => one !== undefined);
      for (const leaver of back) this.#tally.stays(leaver.sid, "refused");
      const forward = gone.filter((leaver) => !back.includes(leaver));
      for (const leaver of forward) {
        this.#tally.leaves(leaver.sid);
        this.#left.add(leaver, taker.slot);
      }
      const resumed = taker.go();
      this.#left.comeBack(back, position);
      this.#tally.add(await resumed);
      for (const leaver of forward) leaver.resumed();
      const { left, until } = this.#plan;
      const now = machineTime();
      const outcome = { moved: gone.length, took: now - frozenAt, left, timeLeft: until - now };
      this.#size = nextBatch(this.#size, outcome);
    } catch {
      if (!taker.gone) {
        taker.abort();
        this.#options.stuck(taker.slot);
      }
      this.#left.comeBack(
        gone.filter(({ state }) => state === "leaving"),
        position,
      );
      // Whatever else it holds comes back when it is gone.
      while (!taker.gone) await delay(LOOK_AGAIN);
    }
  }

  async #confirm(taker: Taker): Promise<void> {
    try {
      await taker.serves();
    } catch {
      if (!taker.gone) this.#options.stuck(taker.slot);
      while (!taker.gone) await delay(LOOK_AGAIN);
    }
  }

  /** In turns: each gets its share. */
  #nextTaker(): Taker {
    const takers = this.links;
    return takers[this.#turn++ % takers.length] as Taker;
  }

  #progress(left: number): void {
    const now = machineTime();
    if (now < this.#progressAt) return;
    this.#progressAt = now + PROGRESS_EVERY;
    this.#options.progress(this.#tally.moved, left);
  }
}

const rank = ({ transport }: Movable): number => (transport === "polling" ? 1 : 0);

/** Two of them see everything done that was begun before. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
