/** Bridge: what a site over Redis is given, and what it is to the bridge. Types only. */

import type { BridgeSettings } from "../protocol/bridge-messages.js";
import type { Site } from "./site.js";

export type RedisSiteSettings = Pick<
  BridgeSettings,
  "fleet" | "redis" | "host" | "token" | "secret" | "lease" | "workers"
> & {
  /** What other hosts dial: the gateway listens already. */
  readonly address: string;
  readonly port: number;
  readonly sessions?: number;
  readonly said: Said;
  /** Ends the wait for a Redis that is away, or for a number; nothing else. */
  readonly signal?: AbortSignal;
};

/** Each change once: for the log. */
export type Said = (level: "info" | "warn", event: string, sentence: string) => void;

export type Load = { readonly workers: number; readonly sessions: number };

export type RedisSite = Site & {
  /** Shared by the hosts of the site: the configured one, or that which its first host has made. */
  readonly secret: string;
  /** What the others are to know of this host; they hear it with its next beat. */
  setLoad(load: Load): void;
  /** Hears what anybody publishes (PUBLISH) on channels that match. */
  listenPattern(pattern: string, heard: (channel: string, message: Buffer) => void): void;
};
