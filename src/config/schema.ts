/** Config: the one schema of all settings, for values from flags, environment and file alike. Loads zod: import it late. */

import { z } from "zod";
import { ADAPTERS } from "./adapters.js";
import { parseAdminAddress } from "./admin-address.js";
import type { HoldfastConfig } from "./define-config.js";
import { MAX_HOSTS, MAX_SLOTS, SHORTEST_LEASE, SHORTEST_SECRET } from "./limits.js";
import { POLICY_NAMES } from "./policy-names.js";
import { isAdapterUrl, isRedisUrl } from "./server-url.js";
import { parseAdvertised, parseSiteListen } from "./site-address.js";
import { parseSlotSockets } from "./slot-sockets.js";
import { parseTrustProxy, TRUST_HEADERS, type TrustProxy } from "./trust-proxy.js";
import { parseDuration, splitArguments } from "./value-kinds.js";

/** A week: longer times are slips, and timers of Node end at 24 days. Milliseconds. */
const LONGEST = 7 * 24 * 3_600_000;

const text = z.string().trim().min(1);
const count = z.int().min(1).max(1_000_000);

const duration = z
  .union([z.number(), z.string().transform((value) => parseDuration(value) ?? Number.NaN)])
  .pipe(z.int().min(0).max(LONGEST));

/** A share is left as a number below or equal to 1 with its own name: 1 worker and 100 % are different things. */
const workers = z.union([
  z.int().min(1).max(MAX_SLOTS),
  // `max` is what users of pm2 write.
  z.literal(["auto", "max"]).transform(() => ({ share: 1 })),
  z
    .string()
    .regex(/^([1-9]\d?|100)%$/)
    .transform((value) => ({ share: Number.parseInt(value, 10) / 100 })),
]);

const trustProxy = z
  .unknown()
  .refine((value) => parseTrustProxy(value) !== undefined)
  .transform((value) => parseTrustProxy(value) as TrustProxy);

const slotSockets = z
  .string()
  .refine((value) => parseSlotSockets(value) !== undefined)
  .transform(parseSlotSockets);

const adminAddress = z
  .union([z.string(), z.number().transform(String)])
  .refine((value) => parseAdminAddress(value) !== undefined)
  .transform(parseAdminAddress);

const siteListen = z
  .union([z.string(), z.number().transform(String)])
  .refine((value) => parseSiteListen(value) !== undefined)
  .transform(parseSiteListen);

const advertise = z
  .string()
  .refine((value) => parseAdvertised(value) !== undefined)
  .transform(parseAdvertised);

const nodeArgs = z
  .union([z.array(z.string()), z.string().transform(splitArguments)])
  .pipe(z.array(z.string()));

export const settingsSchema = z.strictObject({
  name: text.optional(),
  workers,
  nodeArgs,
  waitReady: z.boolean(),
  port: z.int().min(0).max(65_535).optional(),
  host: text.optional(),
  listen: slotSockets.optional(),
  admin: adminAddress.optional(),
  policy: z.enum(POLICY_NAMES),
  trustProxy,
  trustHeader: z.enum(TRUST_HEADERS),
  proxyProtocol: z.boolean(),
  hostNumber: z
    .int()
    .min(0)
    .max(MAX_HOSTS - 1)
    .optional(),
  redis: z.string().trim().refine(isRedisUrl).optional(),
  redisPrefix: z.string().regex(/^[\w.:-]{1,64}$/),
  redisCa: text.optional(),
  redisCert: text.optional(),
  redisKey: text.optional(),
  redisWait: duration.optional(),
  siteListen: siteListen.optional(),
  advertise: advertise.optional(),
  siteSecret: z.string().min(SHORTEST_SECRET).optional(),
  siteCert: text.optional(),
  siteKey: text.optional(),
  siteCa: text.optional(),
  lease: duration.pipe(z.int().min(SHORTEST_LEASE)),
  adapter: z.enum(ADAPTERS),
  adapterUrl: z.string().trim().refine(isAdapterUrl).optional(),
  log: z.enum(["pretty", "json"]),
  prefix: z.boolean(),
  bootTimeout: duration,
  drainTimeout: duration,
  handoffTimeout: duration,
  parallel: count,
  shutdownDelay: duration,
  restartDelay: duration,
  restartDelayMax: duration,
  minUptime: duration,
  maxFailures: count,
} satisfies Record<keyof HoldfastConfig, z.ZodType>);

export type CheckedSettings = z.output<typeof settingsSchema>;
