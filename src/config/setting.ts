/** Config: what a row of the table of settings says. Types only. */

import type { HoldfastConfig } from "./define-config.js";

/** How a value is written, checked and turned into a setting; see value-kinds.ts. */
export type ValueKind =
  | "port"
  | "slot-sockets"
  | "admin-address"
  | "text"
  | "workers"
  | "policy"
  | "log"
  | "boolean"
  | "duration"
  | "count"
  | "host-number"
  | "trust-list"
  | "trust-header"
  | "node-args"
  | "redis-url"
  | "redis-prefix"
  | "file"
  | "site-listen"
  | "advertise"
  | "secret"
  | "lease"
  | "adapter"
  | "adapter-url";

export type SettingKey = keyof HoldfastConfig;

export type SettingGroup = "Fleet" | "Network" | "Site" | "Output" | "Times and limits";

export type Setting = {
  readonly key: SettingKey;
  readonly group: SettingGroup;
  /** As commander reads it. */
  readonly flag: string;
  /** Variables that set it, the first that is not empty wins. */
  readonly env: readonly string[];
  readonly kind: ValueKind;
  /** As a config file would say it; undefined where it is found out at start, then `defaultText` says how. */
  readonly default: string | number | boolean | readonly string[] | undefined;
  readonly defaultText?: string;
  readonly meaning: string;
};
