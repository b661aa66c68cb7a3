/**
 * Protocol: strays on a forward link. The worker that accepted the request dials the owner's socket and opens one stream a request;
 * only the dialler opens streams. Each direction of a stream may send WINDOW bytes before the other side grants more. Pure.
 */

import type { RequestHead } from "./messages.js";

export const Forward = {
  /** JSON head; a body follows in DATA frames, closed by END. */
  REQUEST: 16,
  /** JSON head; the request has no body. */
  REQUEST_WITHOUT_BODY: 17,
  /** u32 length of the JSON head, the head, then the bytes that were read behind the request. Both directions then carry DATA. */
  UPGRADE: 18,
  /** Bytes: of the body, of the response as HTTP/1.1 text, or of the tunnel. */
  DATA: 19,
  /** No more DATA from this side. */
  END: 20,
  /** The stream is dead; neither side sends on. */
  ABORT: 21,
  /** u32: so many more bytes may be sent. */
  CREDIT: 22,
  /** Stream 0, to another host: this worker is about to end; open what is new on another link. */
  LEAVING: 23,
  /** Stream 0, from another host: answered with PONG, by which the dialler knows that the link still leads anywhere. */
  PING: 24,
  PONG: 25,
  /** Of a request, to the owner: the worker that carries it is about to end; what waits for news is answered without. */
  HURRY: 26,
} as const;

/** Bytes that one direction of a stream may have under way. */
export const WINDOW = 256 * 1024;
/** Largest DATA frame, so that one stream does not hold up the others. */
export const CHUNK = 64 * 1024;

/** The head as a list: the names of its fields need not travel. */
export function encodeHead(head: RequestHead): Buffer {
  return Buffer.from(
    JSON.stringify([
      head.method,
      head.url,
      head.rawHeaders,
      head.httpVersion,
      head.engine,
      head.remoteAddress,
      head.remotePort,
      head.remoteFamily,
      head.localAddress,
      head.localPort,
      head.encrypted,
    ]),
  );
}

/** @throws when the payload is no head */
export function decodeHead(payload: Buffer): RequestHead {
  const fields = JSON.parse(payload.toString()) as unknown[];
  if (!Array.isArray(fields) || fields.length !== 11)
    throw new Error("the head of a forwarded request is damaged");
  const [method, url, rawHeaders, httpVersion, engine, remoteAddress, remotePort, remoteFamily] = fields as [
    string,
    string,
    string[],
    string,
    number,
    string,
    number,
    string,
  ];
  const [localAddress, localPort, encrypted] = fields.slice(8) as [string, number, boolean];
  return {
    method,
    url,
    rawHeaders,
    httpVersion,
    engine,
    remoteAddress,
    remotePort,
    remoteFamily,
    localAddress,
    localPort,
    encrypted,
  };
}

export function encodeUpgrade(head: RequestHead, behind: Buffer): Buffer {
  const json = encodeHead(head);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(json.length, 0);
  return Buffer.concat([length, json, behind]);
}

/** @throws when the payload is no upgrade */
export function decodeUpgrade(payload: Buffer): { head: RequestHead; behind: Buffer } {
  const end = 4 + payload.readUInt32BE(0);
  if (end > payload.length) throw new Error("the head of a forwarded upgrade is damaged");
  return { head: decodeHead(payload.subarray(4, end)), behind: Buffer.from(payload.subarray(end)) };
}

export function encodeCredit(bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes, 0);
  return payload;
}
