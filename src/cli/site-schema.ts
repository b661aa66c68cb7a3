/** CLI: what flags and site file may say, in one schema: each leaf knows how to end the sentence "… must be". */

import { z } from "zod";
import { MAX_HOSTS, MAX_PORT, MAX_SLOTS } from "../config/limits.js";
import { parseSlotSockets, SLOT_SOCKETS_WORDS } from "../config/slot-sockets.js";
import { parseDuration } from "../config/value-kinds.js";
import { parseNginxVersion } from "../proxy/nginx-version.js";

/** A day: longer times are slips. Milliseconds. */
const LONGEST = 24 * 3_600_000;
const MOST_SESSIONS = 1_000_000;
const MOST_WEIGHT = 100;

const leaf = <Value>(schema: z.ZodType<Value>, words: string) =>
  z.custom<Value>((value) => schema.safeParse(value).success, { error: words });

const whole = (least: number, most: number) =>
  leaf(z.int().min(least).max(most), `a whole number from ${least} to ${most}`);

const text = (pattern: RegExp, words: string) => leaf(z.string().regex(pattern), words);

const duration = leaf(
  z
    .union([z.number(), z.string().transform((value) => parseDuration(value) ?? Number.NaN)])
    .pipe(z.int().min(1).max(LONGEST)),
  'a time in milliseconds or with a unit, such as 25000 or "25s", from 1 ms to a day',
).transform((value) => (typeof value === "string" ? (parseDuration(value) as number) : value));

const path = text(/./, "the path of a file");

const NAME = /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/;
const ADDRESS = /^(?:[\w-]+(?:\.[\w-]+)*|\[?[0-9a-fA-F:]*:[0-9a-fA-F:.]+\]?)$/;

const hostSchema = z.strictObject({
  number: whole(0, MAX_HOSTS - 1),
  address: text(ADDRESS, "a name or an IP address without a port, such as 10.0.0.7").optional(),
  port: whole(1, MAX_PORT).optional(),
  listen: leaf(
    z.string().refine((value) => parseSlotSockets(value) !== undefined),
    SLOT_SOCKETS_WORDS,
  ).optional(),
  workers: whole(1, MAX_SLOTS).optional(),
  backends: z.array(leaf(z.string(), "an address such as 10.0.0.7:4000")).min(1).max(MAX_SLOTS).optional(),
  weight: whole(1, MOST_WEIGHT).optional(),
});

export type WrittenHost = z.output<typeof hostSchema>;

export const siteSchema = z.strictObject({
  name: leaf(z.string(), "text").optional(),
  serverNames: z.array(text(NAME, "a name such as chat.example.com")).max(1000).optional(),
  port: whole(1, MAX_PORT).optional(),
  tls: z.strictObject({ certificate: path.optional(), key: path.optional() }).optional(),
  http2: leaf(z.boolean(), "true or false").optional(),
  pingInterval: duration.default(25_000),
  pingTimeout: duration.default(20_000),
  sessions: whole(1, MOST_SESSIONS).default(10_000),
  sticky: leaf(z.string(), "a word such as sid").default("sid"),
  stickyHeader: leaf(z.string(), "the name of a header, such as X-User").optional(),
  nginxVersion: leaf(
    z.string().refine((value) => parseNginxVersion(value) !== undefined),
    "a version from 1.15.3 on, such as 1.26.3",
  ).optional(),
  hosts: z.array(hostSchema).min(1).max(MAX_HOSTS).optional(),
  // Of Kubernetes: as many pods, each with as many workers.
  replicas: whole(1, MAX_HOSTS).optional(),
  workers: whole(1, MAX_SLOTS).optional(),
  image: text(
    /^[\w][\w./:@-]{0,254}$/,
    "the name of an image, such as registry.example.com/chat:1",
  ).optional(),
  namespace: text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "a name of Kubernetes, such as chat").optional(),
});

export type SiteValues = z.output<typeof siteSchema>;
