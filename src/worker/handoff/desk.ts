/**
 * Worker: handoffs as the rest of the worker sees them: one of its own sessions when it is told to, and those that arrive from others.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { SessionMoves } from "../../adapter/session-moves.js";
import { dial, type LinkServer } from "../../protocol/link-server.js";
import type { HandoffReport, RequestHead } from "../../protocol/messages.js";
import type { RawHandle } from "../internals/handles.js";
import { Arrivals } from "./arrivals.js";
import { Handover } from "./handover.js";
import { type ConnectionMessage, machineTime, type PassedMessage } from "./messages.js";
import type { SessionCodec } from "./session-codec.js";
import type { TakerConnection } from "./taker.js";
import type { Transit } from "./transit.js";

/** Code of the app that is under way when the last session leaves may take so long. Milliseconds. */
const LINGER = 2000;
/** And so long where clients still owe answers to events. Milliseconds. */
const LINGER_FOR_ACKS = 8000;
const LOOK_EVERY = 50;
/** So long a busy session is waited for, before or after the others have left. Milliseconds. */
const PATIENCE = 5000;

export type DeskOptions = {
  readonly codec: SessionCodec;
  readonly moves: SessionMoves;
  readonly transit: Transit;
  readonly server: LinkServer;
  /** The worker of a slot to which sessions can go. */
  addressOf(slot: number): { readonly key: string; readonly path: string } | undefined;
  /** Another worker has this session. */
  left(sid: string): void;
  /** These sessions are this worker's now. */
  arrived(sids: readonly string[]): void;
  /** An upgrade that another worker passed along. */
  upgrade(head: RequestHead, handle: RawHandle, behind: Buffer): void;
  /** A connection between two requests that another worker passed along. @returns false where no server here is its */
  connection(message: ConnectionMessage, handle: RawHandle): boolean;
  progress(moved: number, left: number): void;
  stuck(slot: number): void;
  warn(sentence: string): void;
};

export class HandoffDesk {
  readonly #options: DeskOptions;
  readonly #arrivals = new Set<Arrivals>();
  #handover: Handover | undefined;
  /** Sessions that were busy when they were last looked at, and since when. */
  readonly #busySince = new Map<string, number>();
  #patience = PATIENCE;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** A worker that gives its sessions away dialled. */
  accept(from: number, connection: TakerConnection): void {
    const { codec, moves, transit, warn, arrived } = this.#options;
    const arrivals = new Arrivals(connection, {
      from,
      idle: from === this.#options.server.identity.slot,
      codec,
      moves,
      transit,
      warn,
      arrived,
      connection: (...passed) => this.#takeConnection(...passed),
      gone: (ended) => this.#arrivals.delete(ended),
    });
    this.#arrivals.add(arrivals);
  }

  /**
   * Moves the sessions to the workers of these slots.
   * @param within milliseconds
   * @param share only so many, for good, and this worker serves on; undefined: all
   * @returns undefined when a taker was lost: then all sessions are here
   */
  async handOver(
    slots: readonly number[],
    within: number,
    share?: number,
  ): Promise<HandoffReport | undefined> {
    const until = machineTime() + within;
    this.#handover?.close();
    const handover = new Handover({
      ...this.#options,
      self: this.#options.server.identity.slot,
      takeConnection: (...passed) => this.#takeConnection(...passed),
      dial: (slot) => this.#dial(slot),
    });
    this.#handover = handover;
    const begun = await handover.begin(slots);
    if (this.#handover !== handover) return undefined;
    const moved = begun ? (await handover.move(until, share)) && (await handover.confirm()) : true;
    if (!moved || this.#handover !== handover) return undefined;
    if (share !== undefined) void this.#serveOn(handover);
    return handover.report();
  }

  /** The rest stays. What code here has to say to those that left still goes after them for a while. */
  async #serveOn(handover: Handover): Promise<void> {
    handover.left.release();
    handover.settle();
    await this.linger(LINGER_FOR_ACKS);
    if (this.#handover === handover) this.#handover = undefined;
    handover.close();
  }

  /** Whoever was to take the sessions is gone. */
  keep(): void {
    this.#handover?.keep();
    this.#handover = undefined;
  }

  /** What was moved stays moved; what can still move follows, until nothing does or the time is over. @param within milliseconds */
  async finish(within: number): Promise<void> {
    const handover = this.#handover;
    if (handover === undefined) return;
    handover.left.release();
    this.#patience = Math.min(PATIENCE, within);
    const until = machineTime() + within;
    while (machineTime() < until && handover.possible) {
      this.#lookAtBusy();
      await handover.move(until);
      if (this.#lookAtBusy().size === 0) break;
      await delay(LOOK_EVERY);
    }
  }

  /** The code of the old generation says its last words to sessions that are elsewhere. @param within milliseconds */
  async linger(within: number): Promise<void> {
    const handover = this.#handover;
    if (handover === undefined || handover.left.size === 0) return;
    const begun = machineTime();
    const lasts = (limit: number): boolean => machineTime() - begun < Math.min(limit, within);
    while (
      handover.possible &&
      (lasts(LINGER) || (handover.left.pendingAcks > 0 && lasts(LINGER_FOR_ACKS)))
    ) {
      await delay(LOOK_EVERY);
    }
  }

  /** Since the last report. */
  report(): HandoffReport | undefined {
    return this.#handover?.report();
  }

  /**
   * Sessions that came since follow the others.
   * @returns tells of a session that is busy whether it may follow later, and has not been waited for long enough
   */
  async rescue(): Promise<(sid: string) => boolean> {
    const handover = this.#handover;
    if (handover === undefined || !handover.possible) return () => false;
    await handover.round();
    const busySince = this.#lookAtBusy();
    const now = machineTime();
    return (sid) => handover.possible && now - (busySince.get(sid) ?? 0) < this.#patience;
  }

  /** An upgrade for a session that left follows it. See `LeftSessions`. */
  passUpgrade(...passed: Parameters<Handover["left"]["passUpgrade"]>): boolean {
    return this.#handover?.left.passUpgrade(...passed) ?? false;
  }

  /** An upgrade for a session that the other worker of this slot has, or had. @returns false: there is no way; else tells whether it arrived */
  passToSibling(...passed: Parameters<Arrivals["exchange"]["offer"]>): boolean {
    const { slot } = this.#options.server.identity;
    return [...this.#arrivals].some(({ from, exchange }) => from === slot && exchange.offer(...passed));
  }

  /** A connection between two requests goes to a worker that takes sessions. @returns false: there is none; else tells whether it was taken */
  passConnection(...passed: Parameters<Handover["passConnection"]>): boolean {
    return this.#handover?.passConnection(...passed) ?? false;
  }

  close(): void {
    this.#handover?.close();
    for (const { link } of this.#arrivals) link.close("this worker ends");
  }

  #lookAtBusy(): ReadonlyMap<string, number> {
    const busy = this.#options.codec.sessions().filter((session) => session.obstacle() === "wait");
    const sids = new Set(busy.map(({ sid }) => sid));
    for (const sid of this.#busySince.keys()) if (!sids.has(sid)) this.#busySince.delete(sid);
    for (const sid of sids) if (!this.#busySince.has(sid)) this.#busySince.set(sid, machineTime());
    return this.#busySince;
  }

  #takeConnection(message: PassedMessage, handle: RawHandle): boolean {
    if ("kind" in message) return this.#options.connection(message, handle);
    this.#options.upgrade(message.head, handle, Buffer.from(message.behind));
    return true;
  }

  async #dial(slot: number): Promise<TakerConnection & { readonly key: string }> {
    const address = this.#options.addressOf(slot);
    if (address === undefined) throw new Error("nobody is there");
    return { key: address.key, ...(await dial(address.path, this.#options.server, "handoff")) };
  }
}
