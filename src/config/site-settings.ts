/** Config: what a fleet that is part of a site knows about it. Types, and what must fit together. */

import type { Advertised, SiteListen } from "./site-address.js";

/** Named as the settings are. Files are absolute paths. */
export type SiteSettings = {
  readonly redis: string;
  readonly redisPrefix: string;
  readonly redisCa?: string;
  readonly redisCert?: string;
  readonly redisKey?: string;
  /** Milliseconds; undefined: for ever. */
  readonly redisWait?: number;
  /** The number that this host is to have; undefined: the site gives one. */
  readonly hostNumber?: number;
  readonly siteListen?: SiteListen;
  readonly advertise?: Advertised;
  readonly siteSecret?: string;
  readonly siteCert?: string;
  readonly siteKey?: string;
  readonly siteCa?: string;
  /** Milliseconds. */
  readonly lease: number;
};

export const SITE_FILES = ["redisCa", "redisCert", "redisKey", "siteCert", "siteKey", "siteCa"] as const;

/** Each of these alone says nothing. */
export const TOGETHER: readonly (readonly (keyof SiteSettings)[])[] = [
  ["redisCert", "redisKey"],
  ["siteCert", "siteKey", "siteCa"],
];

/** What means nothing without `--redis`; `lease` and `redisPrefix` have defaults and harm nobody. */
export const NEEDS_REDIS = [
  ...SITE_FILES,
  "redisWait",
  "siteListen",
  "advertise",
  "siteSecret",
] as const satisfies readonly (keyof SiteSettings)[];
