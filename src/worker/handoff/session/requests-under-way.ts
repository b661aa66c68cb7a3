/**
 * Worker: requests of sessions that are here and have not reached them: the app's `engine.use` middlewares may take their time. A session
 * that left meanwhile would be unknown to the engine, and the client would be told so.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { readSid } from "../../../routing/request-line.js";
import type { EngineConnection } from "../../internals/engine-session.js";

type UnderWay = { readonly request: IncomingMessage; readonly over: () => boolean };

export class RequestsUnderWay {
  readonly #bySid = new Map<string, Set<UnderWay>>();

  /** A request that is about to be given to the engine, whose middlewares are asked first. */
  request(request: IncomingMessage, response: ServerResponse): void {
    this.#add(request, response, () => response.writableEnded || response.destroyed);
  }

  upgrade(request: IncomingMessage, socket: Duplex): void {
    // Engine.IO keeps the WebSocket with its request as soon as there is one.
    this.#add(request, socket, () => socket.destroyed || "websocket" in request);
  }

  /** Whether one of them did not reach its session yet. */
  has({ id, transport }: EngineConnection): boolean {
    for (const { request, over } of this.#bySid.get(id) ?? [])
      if (!over() && transport.req !== request && transport.dataReq !== request) return true;
    return false;
  }

  #add(request: IncomingMessage, ends: ServerResponse | Duplex, over: () => boolean): void {
    const sid = readSid(request.url ?? "");
    if (sid.kind !== "one") return;
    const entry = { request, over };
    const entries = this.#bySid.get(sid.sid) ?? new Set();
    this.#bySid.set(sid.sid, entries.add(entry));
    ends.once("close", () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#bySid.get(sid.sid) === entries) this.#bySid.delete(sid.sid);
    });
  }
}
