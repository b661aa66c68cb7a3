/** Proxy benchmark: who is compared: a variant, and where its clients come from. Data only. */

import type { Sources } from "../load/endpoint.js";
import type { VariantName } from "../servers/variant.js";

export type Contender = {
  readonly variant: VariantName;
  readonly sources: Sources;
  /** In tables. */
  readonly title: string;
};

/** In the order of the tables. Those that are held against each other stand, and are measured, side by side. */
export const CONTENDERS = {
  nginx: { variant: "nginx", sources: "many", title: "nginx + `ip_hash`" },
  "nginx-sid": { variant: "nginx-sid", sources: "many", title: "nginx + `sid`" },
  "nginx-one": { variant: "nginx", sources: "one", title: "nginx + `ip_hash`, one address" },
  "nginx-sid-one": { variant: "nginx-sid", sources: "one", title: "nginx + `sid`, one address" },
  pm2: { variant: "pm2", sources: "many", title: "PM2 + `holdfast(io)`" },
  holdfast: { variant: "holdfast", sources: "many", title: "holdfast, nothing in front" },
} as const satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof CONTENDERS;
export const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[];

/** All others are compared with this one of the same round. */
export const BASE: ContenderName = "nginx";
