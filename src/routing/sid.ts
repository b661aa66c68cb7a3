/**
 * Routing: the sid names its owner. Pure.
 * `hhss` + the engine's own id: two base-36 digits for the host, two for the slot (docs/protocol.md).
 */

import { MAX_HOSTS, MAX_SLOTS } from "../config/limits.js";

export const PREFIX_LENGTH = 4;

export type Owner = { readonly host: number; readonly slot: number };

/** The four characters that begin every sid of this owner. @throws {RangeError} for a host or slot outside 0..1295 */
export function sidPrefix({ host, slot }: Owner): string {
  return hostPrefix(host) + digits(slot, MAX_SLOTS, "slot");
}

/** The two characters that begin every sid of this host. @throws {RangeError} for a number outside 0..1295 */
export function hostPrefix(host: number): string {
  return digits(host, MAX_HOSTS, "host");
}

function digits(value: number, count: number, what: string): string {
  if (!Number.isInteger(value) || value < 0 || value >= count) {
    throw new RangeError(`${what} ${value} is not in 0..${count - 1}`);
  }
  return value.toString(36).padStart(2, "0");
}

/** The owner that a sid names, or undefined where it names none: too short, or another alphabet. */
export function ownerOf(sid: string): Owner | undefined {
  if (sid.length <= PREFIX_LENGTH) return undefined;
  const host = pair(sid.charCodeAt(0), sid.charCodeAt(1));
  const slot = pair(sid.charCodeAt(2), sid.charCodeAt(3));
  return host < 0 || slot < 0 ? undefined : { host, slot };
}

function pair(high: number, low: number): number {
  const left = digit(high);
  const right = digit(low);
  return left < 0 || right < 0 ? -1 : left * 36 + right;
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  // Lower case only: one owner has one spelling, so that a proxy's map can compare text.
  if (code >= 97 && code <= 122) return code - 87;
  return -1;
}
