/**
 * Bridge, pure: which hosts live, as far as one observer can tell. No clock of another machine is looked at, and no time of Redis: a
 * host lives as long as its beat changes. The time in which the observer saw nothing (Redis was away, or the observer itself stood
 * still) says nothing about the others.
 */

import { type HostRecord, isSameLife, readRecord } from "./record.js";

type Sight = {
  /** As it stands in Redis, or stood there last. */
  readonly text: string;
  /** Undefined: somebody writes what this version cannot read. The number is taken, and nobody is to be spoken to. */
  readonly record: HostRecord | undefined;
  /** Milliseconds of observation in which nothing changed. */
  readonly silent: number;
  readonly inRedis: boolean;
};

export type Presence = {
  /** Milliseconds. */
  readonly lease: number;
  readonly beatEvery: number;
  readonly sights: ReadonlyMap<number, Sight>;
};

export function newPresence(lease: number, beatEvery: number): Presence {
  return { lease, beatEvery, sights: new Map() };
}

/**
 * The next look at Redis.
 * @param fields by host number, without the observer's own
 * @param elapsed milliseconds since the look before; at most two beats of them count
 */
export function observe(presence: Presence, fields: ReadonlyMap<number, string>, elapsed: number): Presence {
  const counted = Math.min(elapsed, 2 * presence.beatEvery);
  const sights = new Map<number, Sight>();
  for (const [host, text] of fields) sights.set(host, look(host, text, presence.sights.get(host), counted));
  for (const [host, sight] of presence.sights) {
    if (fields.has(host)) continue;
    // Redis lost its data, or the record was removed: who lives puts it back.
    const silent = sight.silent + counted;
    if (silent < presence.lease) sights.set(host, { ...sight, silent, inRedis: false });
  }
  return { ...presence, sights };
}

/** After the connection was away, all get a whole lease to be seen again. */
export function forgive(presence: Presence): Presence {
  const sights = new Map(
    [...presence.sights].map(([host, sight]) => [
      host,
      isOver(presence, sight) ? sight : { ...sight, silent: 0 },
    ]),
  );
  return { ...presence, sights };
}

/** It said so itself. */
export function without(presence: Presence, host: number): Presence {
  const sights = new Map(presence.sights);
  sights.delete(host);
  return { ...presence, sights };
}

/** Who lives, by number. */
export function livingIn(presence: Presence): Map<number, HostRecord> {
  const living = new Map<number, HostRecord>();
  for (const [host, sight] of presence.sights) {
    if (sight.record !== undefined && !isOver(presence, sight)) living.set(host, sight.record);
  }
  return living;
}

/** What stands in Redis and has not changed for a lease: who dares may write over exactly this. */
export function staleIn(presence: Presence): Map<number, string> {
  const stale = new Map<number, string>();
  for (const [host, sight] of presence.sights)
    if (sight.inRedis && isOver(presence, sight)) stale.set(host, sight.text);
  return stale;
}

/** What nobody will miss: silent for so many leases. */
export function forgottenIn(presence: Presence, leases: number): Map<number, string> {
  const stale = staleIn(presence);
  for (const host of stale.keys())
    if ((presence.sights.get(host)?.silent ?? 0) < leases * presence.lease) stale.delete(host);
  return stale;
}

function isOver({ lease }: Presence, { silent }: Sight): boolean {
  return silent >= lease;
}

function look(host: number, text: string, before: Sight | undefined, counted: number): Sight {
  if (before?.text === text) return { ...before, silent: before.silent + counted, inRedis: true };
  const record = readRecord(host, text);
  const same = before?.record !== undefined && record !== undefined && isSameLife(before.record, record);
  // Whoever is put back by somebody's backup of Redis has an old beat: that is no sign of life.
  if (same && record.beat <= (before.record as HostRecord).beat)
    return { ...before, text, silent: before.silent + counted, inRedis: true };
  return { text, record, silent: 0, inRedis: true };
}
