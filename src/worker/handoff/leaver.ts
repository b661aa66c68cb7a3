/**
 * Worker (old): one session that leaves. What code here still does for it is kept while it is under way, and goes after it once it
 * is the other worker's; if it comes back, that is done here.
 */

import { machineTime, type SessionMessage } from "./messages.js";
import type {
  Arrived,
  Departed,
  LateMessage,
  LateSink,
  Movable,
  SessionCodec,
  StayReason,
} from "./session-codec.js";
import type { Taker } from "./taker.js";

type State = "here" | "leaving" | "gone" | "back";

export class Leaver {
  readonly sid: string;
  readonly movable: Movable;
  state: State = "here";
  /** Whose it is, or is to be. */
  taker: Taker | undefined;
  frozenAt = 0;
  app: SessionMessage["app"];
  /** Of its sockets, one for each namespace. */
  socketIds: readonly string[] = [];
  #departed: (Departed & { tellApp(): void }) | undefined;
  #arrived: Arrived | undefined;
  #late: LateMessage[] = [];
  #released = false;

  constructor(movable: Movable) {
    this.movable = movable;
    this.sid = movable.sid;
  }

  freeze(): void {
    this.movable.freeze();
    this.frozenAt = machineTime();
  }

  /** @returns why it did not leave; it reads again then */
  depart(app: SessionMessage["app"]): StayReason | "wait" | undefined {
    const sink: LateSink = (message) => this.#onLate(message);
    const outcome = this.movable.depart(sink);
    if (typeof outcome === "string") {
      this.movable.thaw();
      return outcome;
    }
    this.app = app;
    this.#departed = outcome;
    this.state = "leaving";
    return undefined;
  }

  get departed(): Departed & { tellApp(): void } {
    if (this.#departed === undefined) throw new Error(`session ${this.sid} has not left`);
    return this.#departed;
  }

  get message(): SessionMessage {
    const { record, handle } = this.departed;
    return { record, app: this.app, connected: handle !== undefined };
  }

  /** The other worker has it. */
  goes(): void {
    this.state = "gone";
    for (const message of this.#late.splice(0)) this.#send(message);
  }

  /** The other worker has said that it reads and writes. */
  resumed(): void {
    this.departed.accepted();
  }

  /** Nobody else has it. @returns the session as it is here again @throws when it cannot be built */
  comesBack(codec: SessionCodec): Arrived {
    const { record, handle } = this.departed;
    this.state = "back";
    this.#arrived = codec.build(record, handle, (message) => this.departed.late(message));
    return this.#arrived;
  }

  /** What was done for it here while it was away. */
  catchUp(): void {
    for (const message of this.#late.splice(0)) this.#arrived?.late(message);
  }

  /** It will not come back. */
  release(): void {
    if (this.#released || this.state !== "gone") return;
    this.#released = true;
    this.departed.release();
  }

  #onLate(message: LateMessage): void {
    if (this.state === "gone") this.#send(message);
    else if (this.state === "back" && this.#late.length === 0 && this.#arrived !== undefined)
      this.#arrived.late(message);
    else this.#late.push(message);
  }

  #send(message: LateMessage): void {
    this.taker?.late({ sid: this.sid, message });
  }
}
