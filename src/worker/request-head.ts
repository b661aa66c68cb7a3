/** Worker: what another worker must know of a request to build it again. */

import type { IncomingMessage } from "node:http";
import { isIPv6, type Socket } from "node:net";
import type { RequestHead } from "../protocol/messages.js";
import type { Client } from "./internals/client-socket.js";

/** What this worker knows of a request that nobody can read in it. */
export type RequestOrigin = {
  /** The place of its engine among those of this worker. */
  readonly engine: number;
  /** Undefined where it is whom the connection shows. */
  readonly client: Client | undefined;
};

export function requestHead(request: IncomingMessage, { engine, client }: RequestOrigin): RequestHead {
  const socket = request.socket as Socket & { encrypted?: boolean };
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    rawHeaders: request.httpVersionMajor >= 2 ? headersOfHttp2(request) : request.rawHeaders,
    httpVersion: "1.1",
    engine,
    remoteAddress: client?.address ?? socket.remoteAddress ?? "",
    remotePort: client?.port ?? socket.remotePort ?? 0,
    remoteFamily:
      client === undefined ? (socket.remoteFamily ?? "IPv4") : isIPv6(client.address) ? "IPv6" : "IPv4",
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
