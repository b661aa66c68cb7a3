/**
 * Worker: permessage-deflate of a WebSocket that moves (RFC 7692). Private parts of ws, proven on ws 8.11, 8.17 and 8.21:
 * - `websocket._extensions["permessage-deflate"]`, its `params` as they were negotiated.
 * - Its constructor takes one object of options from 8.18 on, `(options, isServer, maxPayload)` before.
 */

import { siblingClass } from "./loaded-classes.js";
import type { Extensions, WebSocketServer } from "./websocket.js";

const NAME = "permessage-deflate";

/** Structured-cloneable. */
export type DeflateState = { readonly params: Readonly<Record<string, unknown>> };

type Extension = { params: Record<string, unknown> };
type ExtensionClass = new (options: object, isServer: boolean, maxPayload: number) => Extension;

/** @returns undefined where there is none; "stays" where what it remembers cannot be carried */
export function exportDeflate(extensions: Extensions): DeflateState | undefined | "stays" {
  const extension = extensions[NAME] as Extension | undefined;
  if (extension === undefined) return undefined;
  const { params } = extension;
  const forgets = params.client_no_context_takeover === true && params.server_no_context_takeover === true;
  return forgets ? { params: { ...params } } : "stays";
}

/** @throws where this copy of ws was not seen to be loaded */
export function importDeflate(server: WebSocketServer, state: DeflateState | undefined): Extensions {
  if (state === undefined) return {};
  const prototype = server.options.WebSocket?.prototype as object | undefined;
  const Class =
    prototype && (siblingClass(prototype, "PerMessageDeflate") as unknown as ExtensionClass | undefined);
  if (Class === undefined) throw new Error("the class of permessage-deflate is not known");
  const { perMessageDeflate, maxPayload } = server.options;
  const options = typeof perMessageDeflate === "object" ? perMessageDeflate : {};
  const extension = new Class({ ...options, isServer: true, maxPayload }, true, maxPayload);
  extension.params = { ...state.params };
  return { [NAME]: extension };
}
