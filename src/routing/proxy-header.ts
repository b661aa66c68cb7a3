/**
 * Routing: the PROXY protocol, versions 1 and 2, as HAProxy's `proxy-protocol.txt` defines it: a header in front of a connection's first byte
 * by which a proxy says whose connection it is. Pure.
 */

import type { Hop } from "./hop.js";
import { parseAddress } from "./ip-address.js";

export type ProxyHeader =
  /** The bytes so far may begin one. */
  | { readonly state: "partial" }
  /** No header can begin like that. */
  | { readonly state: "bad" }
  /** `source` is undefined where the connection is the proxy's own (LOCAL, UNKNOWN, and families that no TCP connection has). */
  | { readonly state: "whole"; readonly length: number; readonly source: Hop | undefined };

const PARTIAL: ProxyHeader = { state: "partial" };
const BAD: ProxyHeader = { state: "bad" };

/** The longest line of version 1, with its end. Bytes. */
const LONGEST_LINE = 107;
const BEGIN_V1 = bytesOf("PROXY ");
const BEGIN_V2 = bytesOf("\r\n\r\n\0\r\nQUIT\n");
const HEAD_V2 = 16;
/** What may follow the head of version 2: addresses, and fields such as the name that TLS was asked for. Bytes. */
const LONGEST_BODY = 4096;

/** No header is longer. Bytes. */
export const LONGEST_PROXY_HEADER = HEAD_V2 + LONGEST_BODY;

/** @param bytes everything that the connection brought so far */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader {
  if (bytes.length === 0) return PARTIAL;
  return bytes[0] === BEGIN_V1[0] ? readV1(bytes) : readV2(bytes);
}

function readV1(bytes: Uint8Array): ProxyHeader {
  if (!beginsLike(bytes, BEGIN_V1)) return BAD;
  const line = bytes.subarray(0, LONGEST_LINE);
  const end = line.indexOf(0x0a);
  if (end < 0) return bytes.length < LONGEST_LINE ? PARTIAL : BAD;
  const text = String.fromCharCode(...line.subarray(0, end + 1));
  if (/^PROXY UNKNOWN(?: [ -~]*)?\r\n$/.test(text))
    return { state: "whole", length: end + 1, source: undefined };
  const source = sourceOfV1(text);
  return source === undefined ? BAD : { state: "whole", length: end + 1, source };
}

function sourceOfV1(line: string): Hop | undefined {
  const [, version, source = "", target = "", ...ports] =
    /^PROXY TCP([46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n$/.exec(line) ??
    [];
  const both = [source, target];
  if (!both.every((text) => text.includes(":") === (version === "6") && parseAddress(text) !== undefined))
    return undefined;
  if (ports.length < 2 || ports.some((port) => Number(port) > 65_535)) return undefined;
  return { address: parseAddress(source)?.toString(), port: Number(ports[0]) };
}

/** Addresses of TCP connections by the byte that names family and protocol: how long they are, and where the source's port is. */
const V4 = { kind: 0x11, bytes: 12, address: 4, port: 8 };
const V6 = { kind: 0x21, bytes: 36, address: 16, port: 32 };
const UNIX = { kind: 0x31, bytes: 216 };
/** Unspecified, and datagrams of each family: known, and of no use here. */
const OTHER_KINDS = [0x00, 0x12, 0x22, 0x32];

function readV2(bytes: Uint8Array): ProxyHeader {
  if (!beginsLike(bytes, BEGIN_V2)) return BAD;
  const [command = 0x20, kind = 0, high, low] = bytes.subarray(BEGIN_V2.length, HEAD_V2);
  if (command !== 0x20 && command !== 0x21) return BAD;
  if (high === undefined || low === undefined) return PARTIAL;
  const body = high * 256 + low;
  if (body > LONGEST_BODY) return BAD;
  const length = HEAD_V2 + body;
  // LOCAL: whatever is said of addresses does not count.
  if (command === 0x21 && !isKnown(kind, body)) return BAD;
  if (bytes.length < length) return PARTIAL;
  return { state: "whole", length, source: command === 0x21 ? sourceOfV2(kind, bytes) : undefined };
}

function isKnown(kind: number, body: number): boolean {
  const family = [V4, V6, UNIX].find((known) => known.kind === kind);
  return family === undefined ? OTHER_KINDS.includes(kind) : body >= family.bytes;
}

function sourceOfV2(kind: number, bytes: Uint8Array): Hop | undefined {
  if (kind === UNIX.kind) return { address: undefined };
  const family = [V4, V6].find((known) => known.kind === kind);
  if (family === undefined) return undefined;
  const body = bytes.subarray(HEAD_V2, HEAD_V2 + family.bytes);
  const [high = 0, low = 0] = body.subarray(family.port);
  const address = parseAddress(written(body.subarray(0, family.address)))?.toString();
  return { address, port: high * 256 + low };
}

function written(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, index) => (address[2 * index] as number) * 256 + (address[2 * index + 1] as number),
  );
  return groups.map((group) => group.toString(16)).join(":");
}

/** Whether the bytes so far are the beginning of `expected`, or go on behind it. */
function beginsLike(bytes: Uint8Array, expected: Uint8Array): boolean {
  return expected.subarray(0, bytes.length).every((byte, index) => bytes[index] === byte);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
