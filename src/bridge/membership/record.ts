/** Bridge, pure: what a host writes of itself into Redis. */

import type { SiteHost } from "../site.js";

export type HostRecord = SiteHost & {
  /** Of this life of its bridge; 1 to 2^32 - 1. Begins its frames. */
  readonly epoch: number;
  /** Goes up for as long as it lives. */
  readonly beat: number;
};

export const HOST_NUMBERS = 1296;

const TEXTS = ["token", "fleet", "address", "version"] as const;
const NUMBERS = ["host", "port", "workers", "sessions", "epoch", "beat"] as const;

export function writeRecord(record: HostRecord): string {
  return JSON.stringify(record);
}

/** @param host the field in which it stands @returns undefined for what no host writes */
export function readRecord(host: number, text: string): HostRecord | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || value.host !== host) return undefined;
  if (!TEXTS.every((key) => typeof value[key] === "string")) return undefined;
  if (!NUMBERS.every((key) => Number.isInteger(value[key]) && (value[key] as number) >= 0)) return undefined;
  return value as unknown as HostRecord;
}

/** The answer of HGETALL: what stands in Redis by host number. Fields that are no number of a host are left out. */
export function fieldsOf(flat: readonly string[]): Map<number, string> {
  const fields = new Map<number, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const host = Number(flat[index]);
    if (Number.isInteger(host) && host >= 0 && host < HOST_NUMBERS)
      fields.set(host, flat[index + 1] as string);
  }
  return fields;
}

/** Whether both are of the same life of a bridge. */
export function isSameLife(one: HostRecord, other: HostRecord): boolean {
  return one.token === other.token && one.epoch === other.epoch;
}

/** Whether there is something new that others are to know. */
export function saysNew(one: SiteHost, other: SiteHost): boolean {
  return (
    one.address !== other.address ||
    one.port !== other.port ||
    one.workers !== other.workers ||
    one.sessions !== other.sessions ||
    one.fleet !== other.fleet ||
    one.version !== other.version
  );
}

export function hostOf({
  host,
  token,
  fleet,
  address,
  port,
  workers,
  sessions,
  version,
}: HostRecord): SiteHost {
  return { host, token, fleet, address, port, workers, sessions, version };
}
