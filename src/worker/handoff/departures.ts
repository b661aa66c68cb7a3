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

type HasUrl = { readonly url?: string | undefined; readonly method?: string | undefined };

export class Departures {
  readonly #transit: Transit;
  readonly #alias: (sid: string) => number | undefined;
  readonly #follow: Follow;

  /** @param alias the slot of a worker that said that it has the session */
  constructor(transit: Transit, alias: (sid: string) => number | undefined, follow: Follow) {
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
   * An upgrade whose session has left goes after it, with its connection.
   * @param read what was read behind the request
   * @returns false where it cannot; nothing was done then
   */
  follows(
    makeHead: () => RequestHead,
    request: HasUrl,
    socket: Duplex,
    read: Buffer,
    serveHere: (behind: Buffer) => void,
  ): boolean {
    const sid = this.#sidOf(request);
    if (sid === undefined || this.#transit.slotOf(sid) === undefined) return false;
    const handle = rawHandleOf(socket);
    if (handle === undefined) return false;
    socket.on("error", () => {});
    const behind = Buffer.concat([read, stopReading(socket, handle)]);
    const sent = this.#follow(sid, { head: makeHead(), behind }, handle, (arrived) => {
      if (arrived) socket.destroy();
      else this.servedIfBack(request, () => serveHere(behind))();
    });
    if (!sent) serveHere(behind);
    return true;
  }

  #sidOf({ url }: HasUrl): string | undefined {
    if (this.#transit.empty) return undefined;
    const sid = readSid(url ?? "");
    return sid.kind === "one" ? sid.sid : undefined;
  }
}
