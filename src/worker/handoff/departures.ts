/** Worker: requests for sessions that have left this worker. */

import type { Duplex } from "node:stream";
import type { RequestHead } from "../../protocol/messages.js";
import { readSid } from "../../routing/request-line.js";
import { type RawHandle, rawHandleOf, stopReading } from "../internals/handles.js";
import type { UpgradeMessage } from "./messages.js";
import type { Transit } from "./transit.js";

/** Brings an upgrade after its session, connection and all. @returns false where that cannot be; else tells whether it arrived */
export type Follow = (
  sid: string,
  message: UpgradeMessage,
  handle: RawHandle,
  outcome: (arrived: boolean) => void,
) => boolean;

/** To the other worker of this slot. */
export type ToSibling = (
  message: UpgradeMessage,
  handle: RawHandle,
  outcome: (arrived: boolean) => void,
) => boolean;

/** An upgrade whose session is not here. */
export type StrayUpgrade = {
  readonly request: HasUrl;
  readonly makeHead: () => RequestHead;
  readonly socket: Duplex;
  /** What was read behind the request. */
  readonly read: Buffer;
  /** The session may be with the other worker of this slot. */
  readonly sibling: boolean;
  /** For an upgrade that can go no other way. @param behind all that was read behind the request */
  otherwise(behind: Buffer): void;
  /** For one that was lost on its way. */
  serveHere(behind: Buffer): void;
};

type HasUrl = { readonly url?: string | undefined; readonly method?: string | undefined };

export class Departures {
  readonly #transit: Transit;
  readonly #alias: (sid: string) => number | undefined;
  readonly #follow: Follow;
  readonly #toSibling: ToSibling;

  /** @param alias the slot of a worker that said that it has the session */
  constructor(
    transit: Transit,
    alias: (sid: string) => number | undefined,
    follow: Follow,
    toSibling: ToSibling,
  ) {
    this.#toSibling = toSibling;
    this.#transit = transit;
    this.#alias = alias;
    this.#follow = follow;
  }

  /** The slot of the worker that took this session over. */
  slotOf(sid: string): number | undefined {
    return this.#transit.slotOf(sid) ?? this.#alias(sid);
  }

  /**
   * Between this worker and the next one, a session has no engine: its requests wait for that moment. What has a body waits until the session
   * cannot come back any more: half a body that died with the new worker could not be served again.
   * @returns whether this one waits
   */
  mustWait(request: HasUrl, again: () => void): boolean {
    const sid = this.#sidOf(request);
    if (sid === undefined) return false;
    const waitsFor =
      this.#transit.underWay(sid) ?? (request.method === "POST" ? this.#transit.undecided(sid) : undefined);
    void waitsFor?.then(again);
    return waitsFor !== undefined;
  }

  /** A request that died with the new worker of its session: should that come back here, it is served here. */
  servedIfBack(request: HasUrl, serve: () => void): () => void {
    return () => {
      const sid = this.#sidOf(request);
      const back = sid === undefined ? undefined : this.#transit.undecided(sid);
      if (back === undefined) serve();
      else void back.then(serve);
    };
  }

  /**
   * An upgrade whose session is at the other end of a handoff follows it, with its connection.
   * @returns false where nobody could take it; nothing was done then
   */
  follows({ request, socket, read, ...stray }: StrayUpgrade): boolean {
    const sid = this.#sidOf(request);
    const left = sid !== undefined && this.#transit.slotOf(sid) !== undefined;
    const handle = left || stray.sibling ? rawHandleOf(socket) : undefined;
    if (handle === undefined) return false;
    socket.on("error", () => {});
    const behind = Buffer.concat([read, stopReading(socket, handle)]);
    const message = { head: stray.makeHead(), behind };
    const outcome = (arrived: boolean): void => {
      if (arrived) socket.destroy();
      else this.servedIfBack(request, () => stray.serveHere(behind))();
    };
    const sent =
      (left && this.#follow(sid, message, handle, outcome)) ||
      (stray.sibling && this.#toSibling(message, handle, outcome));
    if (!sent) stray.otherwise(behind);
    return true;
  }

  #sidOf({ url }: HasUrl): string | undefined {
    if (this.#transit.empty) return undefined;
    const sid = readSid(url ?? "");
    return sid.kind === "one" ? sid.sid : undefined;
  }
}
