/** Config: whom the client's address is believed from, in the words of Express's `trust proxy`: what may be written, and what it comes to. */

import { isIP } from "node:net";
import { splitList } from "./value-kinds.js";

/**
 * Every hop, none (`false` or an empty list), so many hops from this end, or those on a list: addresses, networks with a prefix
 * length, and the words below.
 */
export type TrustProxy = boolean | number | readonly string[];

/** Words for lists; `unix` is a peer on a Unix socket, which has no address. */
const WORDS = ["loopback", "linklocal", "uniquelocal", "unix"];

/** More proxies than anybody has in a row: a larger number is a slip. */
const MOST_HOPS = 100;

/** Which header of a trusted proxy is read; `auto`: `X-Forwarded-For`, and `Forwarded` where a request has none. */
export const TRUST_HEADERS = ["auto", "x-forwarded-for", "forwarded"] as const;
export type TrustHeader = (typeof TRUST_HEADERS)[number];

/**
 * @param value from a flag, a variable, a file or code: text with commas or spaces is a list; `true`, `false` and a number may be text
 * @returns undefined for what cannot be used
 */
export function parseTrustProxy(value: unknown): TrustProxy | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return isHopCount(value) ? value : undefined;
  const list = listOf(value);
  if (list === undefined) return undefined;
  const [only = ""] = list;
  if (list.length === 1 && (only === "true" || only === "false")) return only === "true";
  if (list.length === 1 && /^\d{1,3}$/.test(only)) return parseTrustProxy(Number(only));
  return list.every(isEntry) ? list.map(withPrefixLength) : undefined;
}

/** Ends the sentence that begins with what turned the PROXY protocol on. */
export const PROXY_PROTOCOL_NEEDS_TRUST =
  "believes the proxies that are trusted, and none is. Name them, for example with --trust-proxy 10.0.0.0/8 (HOLDFAST_TRUST_PROXY, trustProxy), or leave it out.";

/** Whether that trusts nobody at all. */
export function trustsNobody(trust: TrustProxy): boolean {
  return typeof trust === "object" ? trust.length === 0 : trust === false || trust === 0;
}

const isHopCount = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= MOST_HOPS;

function listOf(value: unknown): string[] | undefined {
  const entries: unknown[] = [value].flat();
  if (!entries.every((entry) => typeof entry === "string")) return undefined;
  return entries.flatMap(splitList);
}

function isEntry(entry: string): boolean {
  if (WORDS.includes(entry)) return true;
  const [address = "", range, ...more] = entry.split("/");
  const version = isIP(address);
  // A zone names an interface of one machine; which of them a proxy came by is no matter of trust.
  if (version === 0 || address.includes("%") || more.length > 0) return false;
  if (range === undefined) return true;
  if (/^\d{1,3}$/.test(range)) return Number(range) <= (version === 4 ? 32 : 128);
  return version === 4 && prefixOfMask(range) !== undefined;
}

/** `10.0.0.0/255.0.0.0` -> `10.0.0.0/8` */
function withPrefixLength(entry: string): string {
  const [address, range] = entry.split("/");
  const prefix = range === undefined ? undefined : prefixOfMask(range);
  return prefix === undefined ? entry : `${address}/${prefix}`;
}

/** @returns undefined for what is no netmask, such as one with holes */
function prefixOfMask(mask: string): number | undefined {
  if (isIP(mask) !== 4) return undefined;
  const bits = mask
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(bits) ? bits.replaceAll("0", "").length : undefined;
}
