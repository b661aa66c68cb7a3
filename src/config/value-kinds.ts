/** Config: how each kind of value is written as text, and the words for what is allowed. Pure; the checks are in schema.ts. */

import { ADAPTERS } from "./adapters.js";
import { redactUrl } from "./server-url.js";
import type { ValueKind } from "./setting.js";
import { SLOT_SOCKETS_EXAMPLE, SLOT_SOCKETS_WORDS } from "./slot-sockets.js";

export type KindWords = {
  /** It, or a part of it, is nobody else's business: how an error shows it. */
  readonly shown?: (value: string) => string;
  /** Ends the sentence "… must be". */
  readonly expects: string;
  /** A value that is right, as a config file would say it. */
  readonly example: string | number | boolean | readonly string[];
  /** From a flag or a variable to what a config file would say; text that fits nothing stays for the schema to refuse. */
  readonly fromText: (text: string) => unknown;
};

const asIs = (text: string): unknown => text;
const asNumber = (text: string): unknown => (/^\d+$/.test(text.trim()) ? Number(text) : text);

const DURATION: KindWords = {
  expects: 'a time in milliseconds or with a unit, such as 500, "500ms", "30s" or "2m"',
  example: "30s",
  fromText: asNumber,
};

export const KINDS: Readonly<Record<ValueKind, KindWords>> = {
  port: { expects: "a whole number from 0 to 65535", example: 3000, fromText: asNumber },
  "slot-sockets": { expects: SLOT_SOCKETS_WORDS, example: SLOT_SOCKETS_EXAMPLE, fromText: asIs },
  "admin-address": {
    expects: 'a port from 1 to 65535, or an IP address and a port such as "0.0.0.0:9464" or "[::]:9464"',
    example: "127.0.0.1:9464",
    fromText: asIs,
  },
  text: { expects: "text that is not empty", example: "chat", fromText: asIs },
  workers: {
    expects: 'a whole number from 1 to 1296, a share such as "50%", or "auto"',
    example: 4,
    fromText: asNumber,
  },
  policy: {
    expects: '"least-sessions", "round-robin", "ip-hash" or "cookie"',
    example: "least-sessions",
    fromText: asIs,
  },
  log: { expects: '"pretty" or "json"', example: "json", fromText: asIs },
  boolean: { expects: "true or false", example: true, fromText: asBoolean },
  duration: DURATION,
  count: { expects: "a whole number from 1 to 1000000", example: 8, fromText: asNumber },
  "host-number": { expects: "a whole number from 0 to 1295", example: 1, fromText: asNumber },
  "trust-list": {
    expects:
      'IP addresses, networks such as "10.0.0.0/8", "loopback", "linklocal", "uniquelocal" or "unix", or one number of hops, true or false',
    example: ["loopback", "10.0.0.0/8"],
    fromText: asIs,
  },
  "trust-header": {
    expects: '"auto", "x-forwarded-for" or "forwarded"',
    example: "x-forwarded-for",
    fromText: (text) => text.trim().toLowerCase(),
  },
  "redis-url": {
    expects:
      "a URL that begins with redis://, rediss://, redis+cluster://, rediss+cluster://, redis+sentinel:// or rediss+sentinel:// and names a server, or redis+unix:// with the path of a socket",
    example: "redis://10.0.0.5:6379",
    fromText: asIs,
    shown: redactUrl,
  },
  "redis-prefix": {
    expects: "1 to 64 letters, digits, dots, colons, underscores or hyphens",
    example: "holdfast",
    fromText: asIs,
  },
  file: { expects: "the path of a file", example: "/etc/holdfast/ca.pem", fromText: asIs },
  "site-listen": {
    expects: 'an IP address and a port such as "10.0.0.7:7600" or "[::]:7600", a port, or an IP address',
    example: "10.0.0.7:7600",
    fromText: asIs,
  },
  advertise: {
    expects:
      'an address or a name that other hosts can dial, such as "10.0.0.7", "[fd00::7]:7600" or "node7.internal:7600"',
    example: "10.0.0.7",
    fromText: asIs,
  },
  secret: {
    expects: "text of at least 16 characters",
    example: "$(openssl rand -hex 32)",
    fromText: asIs,
    shown: (value) => `text of ${value.length}`,
  },
  lease: { ...DURATION, expects: `${DURATION.expects}, and at least one second`, example: "5s" },
  adapter: { expects: listed(ADAPTERS), example: "redis", fromText: asIs },
  "adapter-url": {
    expects: "the URL of a server",
    example: "redis://10.0.0.5:6379",
    fromText: asIs,
    shown: redactUrl,
  },
  "node-args": {
    expects: "arguments for node, with every quote closed",
    example: ["--max-old-space-size=512"],
    fromText: asIs,
  },
};

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  return `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

function asBoolean(text: string): unknown {
  const word = text.trim().toLowerCase();
  if (["1", "true", "yes", "on"].includes(word)) return true;
  return ["0", "false", "no", "off"].includes(word) ? false : text;
}

/** @returns milliseconds, or undefined for text that is no time. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "ms"] ?? 1;
  return Math.round(Number(match[1]) * unit);
}

/** Splits a command line as a shell would, with single and double quotes. @returns undefined where a quote is left open. */
export function splitArguments(text: string): string[] | undefined {
  const found = [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+|["']/g)].map((match) => match[0]);
  if (found.some((word) => word === '"' || word === "'")) return undefined;
  return found.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
}

/** `a, b c` -> `["a", "b", "c"]` */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== "");
}
