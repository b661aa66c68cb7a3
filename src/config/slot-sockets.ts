/**
 * Config, pure: `--listen`, a socket for each slot: how it is written, where slot i listens, and how many slots there is room for.
 */

import { MAX_PORT, MAX_SLOTS, MAX_SOCKET_PATH } from "./limits.js";

/** Slot i has the port `first` + i, or the Unix socket `folder`/i.sock. */
export type SlotSockets =
  | { readonly kind: "ports"; readonly first: number }
  | { readonly kind: "pipes"; readonly folder: string };

/** Ends the sentence "… must be", wherever `--listen` is read. */
export const SLOT_SOCKETS_WORDS =
  '"ports:" with the first port from 1 to 65535, or "pipes:" with a folder for Unix sockets';
export const SLOT_SOCKETS_EXAMPLE = "ports:4000";

/** Bytes that the longest name of a slot's socket adds to its folder. */
const LONGEST_NAME = `/${MAX_SLOTS - 1}.sock`.length;

/** @param text such as `ports:4000` or `pipes:/run/chat` @returns undefined for anything else */
export function parseSlotSockets(text: string): SlotSockets | undefined {
  const [, kind, value = ""] = /^(ports|pipes):(.+)$/.exec(text.trim()) ?? [];
  if (kind === "pipes") return value.includes("\0") ? undefined : { kind, folder: value };
  if (kind !== "ports" || !/^\d{1,5}$/.test(value)) return undefined;
  const first = Number(value);
  return first >= 1 && first <= MAX_PORT ? { kind, first } : undefined;
}

/** As `--listen` says it. */
export function writtenSlotSockets(sockets: SlotSockets): string {
  return sockets.kind === "ports" ? `ports:${sockets.first}` : `pipes:${sockets.folder}`;
}

/** Where one slot listens. */
export type SlotTarget =
  | { readonly kind: "tcp"; readonly port: number }
  | { readonly kind: "pipe"; readonly path: string };

export function slotTarget(sockets: SlotSockets, slot: number): SlotTarget {
  if (sockets.kind === "ports") return { kind: "tcp", port: sockets.first + slot };
  return { kind: "pipe", path: `${sockets.folder}/${slot}.sock` };
}

/** How many slots a fleet may have: a port range ends at 65535. */
export function mostSlots(sockets: SlotSockets | undefined): number {
  return sockets?.kind === "ports" ? Math.min(MAX_SLOTS, MAX_PORT - sockets.first + 1) : MAX_SLOTS;
}

/** @returns why so many slots cannot have a socket each, and what to write instead, or undefined; ends no sentence */
export function slotSocketsProblem(sockets: SlotSockets, workers: number): string | undefined {
  if (sockets.kind === "pipes") return folderProblem(sockets.folder);
  const room = mostSlots(sockets);
  if (workers <= room) return undefined;
  const range = `the port of slot ${workers - 1} would be ${sockets.first + workers - 1}, and the last port is ${MAX_PORT}`;
  return `has no room for ${workers} workers: ${range}. Write a first port of at most ${MAX_PORT - workers + 1}, or at most ${room} workers`;
}

function folderProblem(folder: string): string | undefined {
  const most = MAX_SOCKET_PATH - LONGEST_NAME;
  const bytes = new TextEncoder().encode(folder).length;
  if (bytes <= most) return undefined;
  return `names a folder of ${bytes} bytes, ${folder}, too long for Unix sockets. Write one of at most ${most} bytes`;
}

/** Where the slots 0 to `count` - 1 listen, in one word: `4000-4003`, or `/run/chat/{0..3}.sock`. */
export function slotSocketsText(sockets: SlotSockets, count: number): string {
  const last = count - 1;
  if (sockets.kind === "ports")
    return last === 0 ? `${sockets.first}` : `${sockets.first}-${sockets.first + last}`;
  return `${sockets.folder}/${last === 0 ? 0 : `{0..${last}}`}.sock`;
}
