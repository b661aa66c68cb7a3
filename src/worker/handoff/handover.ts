/**
 * Worker (old): moves the sessions of this worker to others, batch by batch. What has moved is kept in this process until `release`:
 * should a taker die before that, its sessions come back and are served on here, and no client has noticed.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Position, SessionMoves } from "../../adapter/session-moves.js";
import type { HandoffReport } from "../../protocol/messages.js";
import type { RawHandle } from "../internals/handles.js";
import { callApp } from "./app-call.js";
import { type BatchSize, firstBatch, nextBatch } from "./batch-size.js";
import { exportApp, exportSockets, importSockets } from "./hooks.js";
import { Leaver } from "./leaver.js";
import { machineTime, type UpgradeMessage } from "./messages.js";
import type { Arrived, LateMessage, Movable, SessionCodec } from "./session-codec.js";
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
  progress(moved: number, left: number): void;
  stuck(slot: number): void;
  warn(sentence: string): void;
};

export class Handover {
  #tally = new Tally();
  readonly #options: HandoverOptions;
  readonly #takers: Taker[] = [];
  /** By sid: sessions that have left, also after they cannot come back any more: code here may still wait for their answers. */
  readonly #left = new Map<string, Leaver>();
  #turn = 0;
  #size: BatchSize = firstBatch;
  #progressAt = 0;
  #released = false;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** A worker that can take sessions is left. */
  get possible(): boolean {
    return this.#takers.some((taker) => !taker.gone);
  }

  /** Answers of clients that code of this worker waits for, though their sessions are elsewhere. */
  get pendingAcks(): number {
    let count = 0;
    for (const { state, departed } of this.#left.values())
      if (state === "gone") count += departed.pendingAcks;
    return count;
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

  /** The takers have what has moved, for good. */
  release(): void {
    this.#released = true;
    for (const leaver of this.#left.values()) this.#releaseOne(leaver);
  }

  /** No more sessions leave: what is broadcast goes where its members are, as ever. */
  settle(): void {
    this.#options.moves.unmirror();
  }

  /** The takers are dead, and who has not died is not asked any more: everything that was theirs comes back. */
  keep(): void {
    for (const taker of this.#takers) taker.close();
    this.#options.moves.unmirror();
  }

  /** No code here has anything to say to the sessions that left. Who has them, they have told by now. */
  close(): void {
    this.release();
    this.keep();
    for (const sid of this.#left.keys()) this.#options.transit.returned(sid);
    this.#left.clear();
  }

  /**
   * An upgrade for a session that has left goes after it, with its connection.
   * @returns false where it cannot; else `outcome` is called with whether it arrived
   */
  passUpgrade(
    sid: string,
    message: UpgradeMessage,
    handle: RawHandle,
    outcome: (arrived: boolean) => void,
  ): boolean {
    const leaver = this.#left.get(sid);
    if (leaver?.state !== "gone" || leaver.taker === undefined) return false;
    return leaver.taker.upgrade(message, handle, outcome);
  }

  /** Whether a session is elsewhere. */
  get hasMoved(): boolean {
    return this.#left.size > 0;
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
        late: ({ sid, message }) => this.#onLate(sid, message),
        gone: (lost) => this.#onGone(lost),
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
    while (next < all.length && this.possible && machineTime() < until) {
      const batch: Movable[] = [];
      const room = Math.min(this.#size.sessions, most - this.#tally.moved);
      while (batch.length < room && next < all.length) {
        const session = all[next++] as Movable;
        const obstacle = session.obstacle();
        if (obstacle === undefined) batch.push(session);
        else {
          if (obstacle === "wait") waiting += 1;
          this.#tally.stays(
            session.sid,
            obstacle === "wait" ? (session.waitingFor() ?? "unfinished") : obstacle,
          );
        }
      }
      if (batch.length === 0) break;
      waiting += await this.#moveBatch(batch);
      this.#progress(all.length - next + waiting);
    }
    return waiting;
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
    const { gone, waiting, position } = this.#depart(leavers, taker);
    if (gone.length === 0) return waiting;
    try {
      const { refused, problem } = await taker.build(position, frozenAt);
      if (problem !== undefined) this.#options.warn(problem);
      const back = refused.map((number) => gone[number]).filter((one) => one !== undefined);
      for (const leaver of back) this.#tally.stays(leaver.sid, "refused");
      const forward = gone.filter((leaver) => !back.includes(leaver));
      for (const leaver of forward) this.#goes(leaver, taker);
      const resumed = taker.go();
      if (back.length > 0) this.#comeBack(back, position);
      const pauses = await resumed;
      for (const leaver of forward) leaver.resumed();
      this.#tally.add(pauses);
      this.#size = nextBatch(this.#size, gone.length, machineTime() - frozenAt);
      if (this.#released) for (const leaver of forward) this.#releaseOne(leaver);
    } catch {
      const underWay = gone.filter(({ state }) => state === "leaving");
      if (!taker.gone) {
        taker.abort();
        this.#options.stuck(taker.slot);
        this.#comeBack(underWay, position);
        // Whatever it holds comes back when it is gone.
        await this.#untilGone(taker);
      } else this.#comeBack(underWay, position);
    }
    return waiting;
  }

  /** One turn: nothing is broadcast between the first and the last. */
  #depart(leavers: readonly Leaver[], taker: Taker): { gone: Leaver[]; waiting: number; position: Position } {
    const { transit, moves } = this.#options;
    const apps = leavers.map(({ movable }) => this.#appOf(movable));
    const gone: Leaver[] = [];
    let waiting = 0;
    this.#departing(leavers);
    for (const [index, leaver] of leavers.entries()) {
      const reason = leaver.depart(apps[index]);
      if (reason === undefined) {
        gone.push(leaver);
        continue;
      }
      transit.returned(leaver.sid);
      moves.settled(leaver.socketIds);
      if (reason === "wait") waiting += 1;
      this.#tally.stays(
        leaver.sid,
        reason === "wait" ? (leaver.movable.waitingFor() ?? "unfinished") : reason,
      );
    }
    const position = moves.position();
    for (const [number, leaver] of gone.entries()) {
      leaver.taker = taker;
      taker.session(number, leaver.message, leaver.departed.handle);
    }
    for (const { departed } of gone) callApp(() => departed.tellApp());
    return { gone, waiting, position };
  }

  /** Until they are known to be there, this worker answers for them. */
  #departing(leavers: readonly Leaver[]): void {
    for (const leaver of leavers) {
      const sockets = leaver.movable.sockets() as readonly { readonly id: string; readonly nsp: object }[];
      leaver.socketIds = sockets.map(({ id }) => id);
      this.#options.moves.departing(sockets.map((socket) => ({ namespace: socket.nsp, socket })));
    }
  }

  #appOf(movable: Movable): ReturnType<typeof exportSockets> {
    try {
      return exportSockets(movable.sockets());
    } catch (error) {
      this.#options.warn(
        `The app's hook exportSocket() failed, and its state stays behind: ${(error as Error).message}`,
      );
      return undefined;
    }
  }

  #goes(leaver: Leaver, taker: Taker): void {
    this.#tally.leaves(leaver.sid);
    this.#left.set(leaver.sid, leaver);
    leaver.goes();
    this.#options.moves.settled(leaver.socketIds);
    this.#options.transit.moved(leaver.sid, taker.slot);
    this.#options.left(leaver.sid);
  }

  #releaseOne(leaver: Leaver): void {
    leaver.release();
    this.#options.transit.final(leaver.sid);
  }

  #onGone(taker: Taker): void {
    if (this.#released) return;
    const theirs = [...this.#left.values()].filter(
      (leaver) => leaver.taker === taker && leaver.state === "gone",
    );
    this.#tally.takenBack(theirs.length);
    // What they missed since nobody knows: whatever was broadcast meanwhile they may have had.
    this.#comeBack(theirs, this.#options.moves.position());
  }

  #comeBack(leavers: readonly Leaver[], position: Position): void {
    const { codec, moves, transit, warn } = this.#options;
    const arrived: (readonly [Leaver, Arrived])[] = [];
    for (const leaver of leavers) {
      this.#left.delete(leaver.sid);
      try {
        arrived.push([leaver, leaver.comesBack(codec)]);
      } catch (error) {
        warn(`A session could not be taken back: ${(error as Error).message}`);
        leaver.departed.handle?.close();
      }
    }
    moves.arrived(
      arrived.flatMap(([, { sockets }]) => sockets),
      position,
    );
    for (const [leaver, session] of arrived) {
      callApp(() => {
        importSockets(
          session.sockets.map(({ socket }) => socket),
          leaver.app,
        );
        session.announce();
      });
      session.resume();
      leaver.catchUp();
    }
    for (const { sid } of leavers) transit.returned(sid);
  }

  #onLate(sid: string, message: LateMessage): void {
    this.#left.get(sid)?.departed.late(message);
  }

  async #untilGone(taker: Taker): Promise<void> {
    while (!taker.gone) await delay(LOOK_AGAIN);
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
