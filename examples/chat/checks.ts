/** Reads what a client sent. Every reader returns the clean value, or a sentence that says what is wrong with it. */

import { createHash } from "node:crypto";

export const LIMITS = { name: 24, text: 500 } as const;

export type JoinRequest = {
  readonly id: string;
  readonly name: string;
  readonly room: string;
  /** The client was here before and lost its connection. */
  readonly again: boolean;
};
export type SayRequest = { readonly id: string; readonly text: string };

const KEY = /^[0-9a-f]{32}$/;
/** Characters that are invisible or turn the direction of the text around them: they only serve to deceive. */
const TRICKS = /[\p{Cc}\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

export function readJoin(value: unknown, rooms: readonly string[]): JoinRequest | string {
  const { key, name, room, again } = fields(value);
  if (typeof key !== "string" || !KEY.test(key)) return "This page is out of date. Please load it again.";
  if (typeof room !== "string" || !rooms.includes(room)) return "There is no such room.";
  const clean = typeof name === "string" ? oneLine(name) : "";
  if (clean === "") return "Please type a name.";
  if (length(clean) > LIMITS.name) return `Use at most ${LIMITS.name} characters, please.`;
  return { id: publicId(key), name: clean, room, again: again === true };
}

export function readSay(value: unknown): SayRequest | string {
  const { id, text } = fields(value);
  if (typeof id !== "string" || !KEY.test(id)) return "This page is out of date. Please load it again.";
  const clean = typeof text === "string" ? lines(text) : "";
  if (clean === "") return "There is nothing to send yet.";
  const over = length(clean) - LIMITS.text;
  if (over > 0) return `This message is ${over} characters too long.`;
  return { id, text: clean };
}

/** The key stays between a client and its worker; what others see of a person is made from it. */
function publicId(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function oneLine(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").replace(TRICKS, "").trim();
}

function lines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/\t/g, "  ").normalize("NFC").replace(TRICKS, "").trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** As a person counts them: one emoji or accented letter is one. */
function length(text: string): number {
  return [...new Intl.Segmenter().segment(text)].length;
}
