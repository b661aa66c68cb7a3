/** Test helper: the hosts of a site in one process, with the contract of src/bridge/site.ts, and the faults that a test injects. */

import { performance } from "node:perf_hooks";
import type { Site, SiteCounters, SiteHandlers, SiteHost } from "../../src/bridge/site.js";

/** Bytes that may wait while Redis is away. */
const LIMIT = 16 * 1024 * 1024;

/** What the hosts share: the Redis of the test. */
export class MemoryRedis {
  readonly #sites = new Set<MemorySite>();
  #joined = 0;
  #up = true;

  get up(): boolean {
    return this.#up;
  }

  get sites(): readonly MemorySite[] {
    return [...this.#sites];
  }

  /** A new host. Its handlers are called in later turns only. */
  join(handlers: SiteHandlers, host: Partial<SiteHost> = {}): MemorySite {
    const number = host.host ?? this.#joined;
    this.#joined += 1;
    const place = { address: "127.0.0.1", port: 7000 + number, workers: 2, sessions: 0, version: "0.0.0" };
    const self = {
      host: number,
      token: `token-${this.#joined}`,
      fleet: `fleet-${number}`,
      ...place,
      ...host,
    };
    const site = new MemorySite(self, handlers, this);
    for (const other of this.#sites) {
      other.later(() => other.hostUp(site.self));
      site.later(() => site.hostUp(other.self));
    }
    this.#sites.add(site);
    return site;
  }

  /** As a host that is killed: the others learn it, after what it has said. */
  kill(site: MemorySite): void {
    this.#sites.delete(site);
    site.end();
    for (const other of this.#sites) other.later(() => other.hostDown(site.self));
  }

  /** So many messages from one to the other get lost; the receiver is told before the next one that arrives. */
  lose(from: MemorySite, to: MemorySite, count: number): void {
    from.losses.set(to, (from.losses.get(to) ?? 0) + count);
  }

  /** What is sent waits. */
  goAway(): void {
    this.#up = false;
  }

  /** As after new connections: everybody is told that messages of everybody may be missing. */
  comeBack(): void {
    this.#up = true;
    for (const site of this.#sites) site.later(() => site.lostAll());
    for (const site of this.#sites) site.flush();
  }

  /** Resolves once nothing is on its way. */
  async settled(): Promise<void> {
    while (this.sites.some(({ busy }) => busy)) await new Promise((resolve) => setImmediate(resolve));
  }
}

export class MemorySite implements Site {
  readonly counters: SiteCounters = {
    published: 0,
    publishedBytes: 0,
    received: 0,
    receivedBytes: 0,
    gaps: 0,
    dropped: { volatile: 0, overflow: 0, underWay: 0, tooLarge: 0 },
  };
  /** How many of the next messages to each get lost. */
  readonly losses = new Map<MemorySite, number>();
  readonly #redis: MemoryRedis;
  readonly #handlers: SiteHandlers;
  #self: SiteHost;
  #hosts: readonly SiteHost[] = [];
  /** What is still to happen here, in order, one in each turn. */
  #inbox: (() => void)[] = [];
  #running = false;
  #ended = false;
  /** What waits for Redis; `undefined`: dropped, and to be told. */
  #outbox: { readonly to: readonly SiteHost[]; readonly payload: Buffer | undefined }[] = [];
  readonly #missed = new Set<string>();
  #since = performance.now();

  constructor(self: SiteHost, handlers: SiteHandlers, redis: MemoryRedis) {
    this.#self = self;
    this.#handlers = handlers;
    this.#redis = redis;
  }

  get self(): SiteHost {
    return this.#self;
  }

  get queuedBytes(): number {
    return this.#outbox.reduce((bytes, { payload }) => bytes + (payload?.length ?? 0), 0);
  }

  get redis(): Site["redis"] {
    return { up: this.#redis.up, since: this.#since, why: this.#redis.up ? null : "the test has it so" };
  }

  get busy(): boolean {
    return this.#running;
  }

  hosts(): readonly SiteHost[] {
    return this.#hosts;
  }

  send(to: readonly SiteHost[], payload: Buffer, isVolatile = false): void {
    const living = to.filter(({ token }) => this.#hosts.some((host) => host.token === token));
    if (living.length === 0 || this.#ended) return;
    const away = !this.#redis.up;
    if (away && isVolatile) {
      this.counters.dropped.volatile += 1;
      return;
    }
    const overflows = away && this.queuedBytes >= LIMIT;
    if (overflows) this.counters.dropped.overflow += 1;
    this.#outbox.push({ to: living, payload: overflows ? undefined : payload });
    if (!away) this.flush();
  }

  async leave(): Promise<void> {
    if (this.#ended) return;
    this.#redis.kill(this);
  }

  /** Says something new of itself to the others. */
  change(news: Partial<SiteHost>): void {
    this.#self = { ...this.#self, ...news };
    for (const other of this.#redis.sites)
      if (other !== this) other.later(() => other.hostChanged(this.#self));
  }

  flush(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const { to, payload } of outbox) {
      if (payload !== undefined) this.counters.published += to.length === this.#hosts.length ? 1 : to.length;
      for (const { token } of to) {
        const other = this.#redis.sites.find(({ self }) => self.token === token);
        if (other !== undefined) this.#carry(other, payload);
      }
    }
  }

  #carry(other: MemorySite, payload: Buffer | undefined): void {
    const losses = this.losses.get(other) ?? 0;
    if (losses > 0) this.losses.set(other, losses - 1);
    const from = this.#self;
    if (payload === undefined || losses > 0) other.later(() => other.misses(from));
    else other.later(() => other.receive(from, payload));
  }

  later(happens: () => void): void {
    this.#inbox.push(happens);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#next());
  }

  end(): void {
    this.#ended = true;
    this.#inbox = [];
  }

  hostUp(host: SiteHost): void {
    this.#hosts = [...this.#hosts, host];
    this.#handlers.hostUp(host);
  }

  hostDown({ token }: SiteHost): void {
    const host = this.#find(token);
    if (host === undefined) return;
    this.#hosts = this.#hosts.filter((other) => other !== host);
    this.#handlers.hostDown(host);
  }

  hostChanged(news: SiteHost): void {
    const host = this.#find(news.token);
    if (host === undefined) return;
    this.#hosts = this.#hosts.map((other) => (other === host ? news : other));
    this.#handlers.hostChanged?.(news);
  }

  misses({ token }: SiteHost): void {
    this.#missed.add(token);
  }

  receive({ token }: SiteHost, payload: Buffer): void {
    const host = this.#find(token);
    if (host === undefined) return;
    if (this.#missed.delete(token)) this.#lost(host);
    this.counters.received += 1;
    this.counters.receivedBytes += payload.length;
    this.#handlers.message(host, payload);
  }

  /** Told at once, though nothing may be missing. */
  loses({ token }: SiteHost): void {
    const host = this.#find(token);
    if (host !== undefined) this.#lost(host);
  }

  lostAll(): void {
    for (const host of this.#hosts) this.#lost(host);
  }

  #lost(host: SiteHost): void {
    this.counters.gaps += 1;
    this.#handlers.lost(host);
  }

  #find(wanted: string): SiteHost | undefined {
    return this.#hosts.find(({ token }) => token === wanted);
  }

  #next(): void {
    const happens = this.#inbox.shift();
    if (happens === undefined) {
      this.#running = false;
      return;
    }
    happens();
    setImmediate(() => this.#next());
  }
}
