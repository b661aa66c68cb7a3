/** Worker: where a request of Engine.IO goes. */

import type { IncomingMessage } from "node:http";
import type { PeerIdentity } from "../protocol/hello.js";
import { readSid } from "../routing/request-line.js";
import { type Owner, ownerOf } from "../routing/sid.js";
import { type Engine, hasSession } from "./internals/engine.js";

export type Route =
  /** `opens`: it is a handshake. */
  | { readonly to: "here"; readonly opens: boolean }
  | { readonly to: "slot"; readonly slot: number; readonly opens: boolean }
  /** Another host, as its sid says; whether there is such a host is another question. */
  | { readonly to: "host"; readonly owner: Owner; readonly opens: false }
  /** Two sids in one request: proxies, Holdfast and the engine might each believe another. */
  | { readonly to: "nobody" };

const HERE: Route = { to: "here", opens: false };
const OPENS_HERE: Route = { to: "here", opens: true };
const NOBODY: Route = { to: "nobody" };

/**
 * @param place chooses the slot of a new session
 * @param moved the slot to which a session was moved from the one that its sid names, if it was
 * @returns for a sid of this host that is not known here, the slot that it names, whether it lives or not. That may be this
 * one's: during a reload it has a second worker
 */
export function routeOf(
  request: IncomingMessage,
  engine: Engine,
  self: PeerIdentity,
  place: () => number,
  moved: (sid: string) => number | undefined,
): Route {
  const sid = readSid(request.url ?? "");
  if (sid.kind === "invalid") return NOBODY;
  if (sid.kind === "none") {
    if (!isHandshake(request)) return HERE;
    const slot = place();
    return slot === self.slot ? OPENS_HERE : { to: "slot", slot, opens: true };
  }
  const owner = ownerOf(sid.sid);
  if (owner === undefined) return HERE;
  if (owner.host !== self.host) return { to: "host", owner, opens: false };
  if (hasSession(engine, sid.sid)) return HERE;
  return { to: "slot", slot: moved(sid.sid) ?? owner.slot, opens: false };
}

/** Engine.IO opens sessions by GET only. Of a request without a sid. */
const isHandshake = (request: { readonly method?: string | undefined }): boolean => request.method === "GET";

/** Whether a request opens a session, told from its head alone. */
export function opensSession(head: { readonly method: string; readonly url: string }): boolean {
  return isHandshake(head) && readSid(head.url).kind === "none";
}
