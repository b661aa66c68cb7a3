/** Bridge: hears what processes outside the site emit with `@socket.io/redis-emitter`. Every host's bridge hears it itself. */

import { type Decoded, decodeBroadcast, decodeRequest, type EmitterOrder } from "./orders.js";

export type { EmitterOrder } from "./orders.js";

/** Its own default, and so ours. */
export const EMITTER_KEY = "socket.io";

export type EmitterCounters = {
  /** Orders that were given out. */
  orders: number;
  /** From servers of Socket.IO, which use the same channels. */
  foreign: number;
  /** What made no sense; it was dropped. */
  malformed: number;
};

type Listener = {
  listenPattern(pattern: string, heard: (channel: string, message: Buffer) => void): void;
};

/**
 * Never throws for what comes from outside; the handler's own errors are its own.
 * @param site hears channels of Redis
 * @param handler gets each order, in the order in which Redis got them
 * @param key the emitters' option `key`
 */
export function listenToEmitter(
  site: Listener,
  handler: (order: EmitterOrder) => void,
  key = EMITTER_KEY,
): { readonly counters: EmitterCounters } {
  const counters: EmitterCounters = { orders: 0, foreign: 0, malformed: 0 };
  const take = (decoded: Decoded): void => {
    if (decoded === "foreign" || decoded === "malformed") {
      counters[decoded] += 1;
      return;
    }
    counters.orders += 1;
    handler(decoded);
  };
  const pattern = escapePattern(key);
  site.listenPattern(`${pattern}#/*#`, (channel, message) => take(decodeBroadcast(key, channel, message)));
  site.listenPattern(`${pattern}-request#/*#`, (channel, message) =>
    take(decodeRequest(key, channel, message)),
  );
  return { counters };
}

/** As Redis reads patterns. */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]^]/g, "\\$&");
}
