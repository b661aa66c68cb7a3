/**
 * Bridge: this host's beat in Redis, and what is learned with it: whether Redis answers, who lives, and whether this host still has
 * its number and its site.
 */

import { performance } from "node:perf_hooks";
import type { Connection } from "../redis/connection.js";
import { whyAway } from "../redis/problems.js";
import type { Load, RedisSiteSettings } from "../redis-site-types.js";
import type { Site } from "../site.js";
import { type Agreement, siteOf } from "./agreement.js";
import type { Lookout } from "./lookout.js";
import { forgottenIn, staleIn } from "./presence.js";
import { fieldsOf, type HostRecord, readRecord, writeRecord } from "./record.js";
import type { Look, Scripts } from "./scripts.js";

export type HeartOptions = {
  readonly settings: RedisSiteSettings;
  readonly connection: Connection;
  readonly scripts: Scripts;
  readonly lookout: Lookout;
  readonly beatEvery: number;
  readonly record: HostRecord;
  readonly agreement: Agreement;
  /** Redis answers, or does not any more; each change once. */
  up(up: boolean): void;
  /** After each look: who lives besides this host. Nobody, as long as it is outside. */
  living(records: ReadonlyMap<number, HostRecord>): void;
};

/** A beat that is asked for comes so soon, and takes the others that are asked for with it. Milliseconds. */
const SOON = 20;
/** A record that has been silent for so many leases is removed. */
const FORGOTTEN = 10;

export class Heart {
  readonly #options: HeartOptions;
  #record: HostRecord;
  #redis: Site["redis"] = { up: false, since: performance.now(), why: "it was not asked yet" };
  #outside: string | undefined;
  /** When the beat that is under way was sent. */
  #asked: number | undefined;
  #beating: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #told = new Set<string>();

  constructor(options: HeartOptions) {
    this.#options = options;
    this.#record = options.record;
  }

  get redis(): Site["redis"] {
    return this.#redis;
  }

  /** Its number or its site is somebody else's: it says nothing and hears nobody. */
  get outside(): boolean {
    return this.#outside !== undefined;
  }

  start(): void {
    const { connection, beatEvery } = this.#options;
    connection.handle({
      ready: () => this.#beat(),
      closed: () => this.#down(connection.lastError ?? new Error("the connection broke")),
      failed: (error) => this.#down(error),
    });
    this.#timer = setInterval(() => this.#tick(), beatEvery);
  }

  /** Removes the record. No beat is under way then that would put it back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    await this.#beating;
    const { scripts } = this.#options;
    if (!this.outside) await scripts.leave(this.#record.host, this.#record.token);
  }

  setLoad(load: Load): void {
    this.#record = { ...this.#record, ...load };
  }

  beatSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#beat();
    }, SOON);
  }

  /** A command that Redis answers with an error; said once until it is away. */
  refused(error: Error): void {
    const { connection, settings } = this.#options;
    const why = whyAway(error);
    if (this.#stopped || !connection.ready || this.#told.has(why)) return;
    this.#told.add(why);
    settings.said(
      "warn",
      "redis-refused",
      `Redis refuses a command of this host (${why}); messages between hosts may be missing`,
    );
  }

  #tick(): void {
    const { beatEvery } = this.#options;
    const silent = this.#asked === undefined ? 0 : performance.now() - this.#asked;
    if (silent > 1.5 * beatEvery) this.#down(new Error(`no answer for ${Math.round(silent)} ms`));
    this.#beat();
  }

  #beat(): void {
    const { connection } = this.#options;
    if (this.#stopped || this.#asked !== undefined || !connection.ready) return;
    this.#asked = performance.now();
    this.#beating = this.#ask().finally(() => {
      this.#asked = undefined;
    });
  }

  async #ask(): Promise<void> {
    const { scripts, agreement } = this.#options;
    this.#record = { ...this.#record, beat: this.#record.beat + 1 };
    const { host, token } = this.#record;
    try {
      const look = await scripts.beat(host, token, writeRecord(this.#record), agreement.fields);
      if (!this.#stopped) await this.#saw(look);
    } catch (error) {
      this.#down(error as Error);
    }
  }

  async #saw({ hosts, site }: Look): Promise<void> {
    const { lookout, living } = this.#options;
    const fields = fieldsOf(hosts);
    const own = fields.get(this.#record.host);
    const outside = this.#whyOutside(own, siteOf(site));
    if (outside === undefined) fields.delete(this.#record.host);
    lookout.saw(fields);
    this.#up();
    this.#say(outside);
    living(outside === undefined ? lookout.living : new Map());
    await this.#tidy(own);
  }

  #whyOutside(own: string | undefined, site: Readonly<Record<string, string>>): string | undefined {
    const { agreement, settings } = this.#options;
    const other = Object.entries(agreement.fields).some(([field, value]) => site[field] !== value);
    if (other)
      return `the site "${settings.redis.prefix}" in Redis has another secret or format than this host`;
    const holder = own === undefined ? undefined : readRecord(this.#record.host, own);
    if (holder?.token === this.#record.token) return undefined;
    return holder === undefined
      ? `host number ${this.#record.host} stands in Redis as somebody else's`
      : `host number ${holder.host} has become that of fleet ${holder.fleet} at ${holder.address}:${holder.port}`;
  }

  /** Takes its number back once the other one is gone; removes what nobody misses. */
  async #tidy(own: string | undefined): Promise<void> {
    const { scripts, lookout } = this.#options;
    const { host, token } = this.#record;
    if (this.outside && own !== undefined && staleIn(lookout.presence).get(host) === own)
      await scripts.claim(host, token, writeRecord(this.#record), own);
    const forgotten = forgottenIn(lookout.presence, FORGOTTEN);
    if (!this.outside && forgotten.size > 0) await scripts.forget(forgotten);
  }

  #say(outside: string | undefined): void {
    if (outside === this.#outside) return;
    const { said } = this.#options.settings;
    this.#outside = outside;
    if (outside === undefined) said("info", "site-joined", "this host is part of its site again");
    else said("warn", "site-left", `this host stays out of its site: ${outside}; it goes on trying`);
  }

  #up(): void {
    if (this.#redis.up) return;
    const { lookout, settings, up } = this.#options;
    const first = this.#redis.why === "it was not asked yet";
    this.#redis = { up: true, since: performance.now(), why: null };
    this.#told.clear();
    lookout.forgive();
    if (!first) settings.said("info", "redis-back", "Redis answers again");
    up(true);
  }

  #down(error: Error): void {
    const why = whyAway(error);
    if (this.#stopped) return;
    if (!this.#redis.up) {
      this.#redis = { ...this.#redis, why };
      return;
    }
    const { settings, up } = this.#options;
    this.#redis = { up: false, since: performance.now(), why };
    settings.said(
      "warn",
      "redis-away",
      `Redis is away (${why}): this host serves on alone, and goes on trying`,
    );
    up(false);
  }
}
