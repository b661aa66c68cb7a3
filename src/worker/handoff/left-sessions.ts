/**
 * Worker (old): the sessions that other workers have. Until `release` each can come back; afterwards code here may still wait for
 * answers of its client, or have something to say to it.
 */

import type { Position, SessionMoves } from "../../adapter/session-moves.js";
import type { RawHandle } from "../internals/handles.js";
import { announce } from "./app-call.js";
import type { Leaver } from "./leaver.js";
import type { UpgradeMessage } from "./messages.js";
import type { Arrived, LateMessage, SessionCodec } from "./session-codec.js";
import type { Taker } from "./taker.js";
import type { Transit } from "./transit.js";

export type LeftOptions = {
  readonly codec: SessionCodec;
  readonly moves: SessionMoves;
  readonly transit: Transit;
  /** Another worker has this session. */
  left(sid: string): void;
  warn(sentence: string): void;
};

export class LeftSessions {
  readonly #options: LeftOptions;
  readonly #leavers = new Map<string, Leaver>();
  #released = false;

  constructor(options: LeftOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#leavers.size;
  }

  /** Answers of clients that code of this worker waits for. */
  get pendingAcks(): number {
    let count = 0;
    for (const { state, departed } of this.#leavers.values())
      if (state === "gone") count += departed.pendingAcks;
    return count;
  }

  /** From now on the worker of `slot` has it. */
  add(leaver: Leaver, slot: number): void {
    const { moves, transit, left } = this.#options;
    this.#leavers.set(leaver.sid, leaver);
    leaver.goes();
    moves.settled(leaver.socketIds);
    transit.moved(leaver.sid, slot);
    left(leaver.sid);
    if (this.#released) this.#releaseOne(leaver);
  }

  /** The takers have what they have for good. */
  release(): void {
    this.#released = true;
    for (const leaver of this.#leavers.values()) this.#releaseOne(leaver);
  }

  /** A taker is gone: what it had comes back, unless it had it for good. @returns how many */
  takerGone(taker: Taker): number {
    if (this.#released) return 0;
    const theirs = [...this.#leavers.values()].filter(
      (leaver) => leaver.taker === taker && leaver.state === "gone",
    );
    // What they missed since nobody knows: whatever was broadcast meanwhile they may have had.
    this.comeBack(theirs, this.#options.moves.position());
    return theirs.length;
  }

  /** They are served here again. @param position up to where they had got everything */
  comeBack(leavers: readonly Leaver[], position: Position): void {
    if (leavers.length === 0) return;
    const { moves, transit } = this.#options;
    const back = leavers.map((leaver) => [leaver, this.#rebuild(leaver)] as const);
    const arrived = back.filter((one): one is readonly [Leaver, Arrived] => one[1] !== undefined);
    moves.arrived(
      arrived.flatMap(([, { sockets }]) => sockets),
      position,
    );
    for (const [leaver, session] of arrived) {
      announce(session, leaver.app);
      session.resume();
      leaver.catchUp();
    }
    for (const { sid } of leavers) transit.returned(sid);
  }

  /** Something came back that is meant for code here. */
  late(sid: string, message: LateMessage): void {
    this.#leavers.get(sid)?.departed.late(message);
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
    const leaver = this.#leavers.get(sid);
    if (leaver?.state !== "gone" || leaver.taker === undefined) return false;
    return leaver.taker.exchange.offer(message, handle, outcome);
  }

  /** Nobody here knows where they are any more. */
  forget(): void {
    for (const sid of this.#leavers.keys()) this.#options.transit.returned(sid);
    this.#leavers.clear();
  }

  #rebuild(leaver: Leaver): Arrived | undefined {
    const { codec, warn } = this.#options;
    this.#leavers.delete(leaver.sid);
    try {
      return leaver.comesBack(codec);
    } catch (error) {
      warn(`A session could not be taken back: ${(error as Error).message}`);
      leaver.departed.handle?.close();
      return undefined;
    }
  }

  #releaseOne(leaver: Leaver): void {
    leaver.release();
    this.#options.transit.final(leaver.sid);
  }
}
