/** Worker: what another worker must know of a request to build it again. */

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { RequestHead } from "../protocol/messages.js";

/** @param engine the place of the engine among those of this worker */
export function requestHead(request: IncomingMessage, engine: number): RequestHead {
  const socket = request.socket as Socket & { encrypted?: boolean };
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    rawHeaders: request.httpVersionMajor >= 2 ? headersOfHttp2(request) : request.rawHeaders,
    httpVersion: "1.1",
    engine,
    remoteAddress: socket.remoteAddress ?? "",
    remotePort: socket.remotePort ?? 0,
    remoteFamily: socket.remoteFamily ?? "IPv4",
    localAddress: socket.localAddress ?? "",
    localPort: socket.localPort ?? 0,
    encrypted: socket.encrypted === true,
  };
}

/** Between workers everything is HTTP/1.1: `:authority` becomes `host`, the other pseudo-headers go. */
function headersOfHttp2(request: IncomingMessage): string[] {
  const headers: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] as string;
    const value = request.rawHeaders[index + 1] as string;
    if (name === ":authority") headers.push("host", value);
    else if (!name.startsWith(":")) headers.push(name, value);
  }
  return headers;
}

/** Whether bytes of a body follow the head. */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  if (headers["transfer-encoding"] !== undefined) return true;
  if (headers["content-length"] !== undefined) return headers["content-length"] !== "0";
  return request.httpVersionMajor >= 2 && request.method === "POST";
}
