/** Bridge: a host that has joined the site: beats, speaks and hears until it leaves. */

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Joined } from "./joining.js";
import { Heart } from "./membership/heart.js";
import type { Lookout } from "./membership/lookout.js";
import { hostOf } from "./membership/record.js";
import type { Scripts } from "./membership/scripts.js";
import { Peers } from "./peers/peers.js";
import { Channels } from "./redis/channels.js";
import type { Connection } from "./redis/connection.js";
import { encodeFrame, encodeMark, FrameKind, later } from "./redis/frames.js";
import { type Batch, EVERYBODY, NEWCOMERS, type Target } from "./redis/outbox.js";
import { Publisher } from "./redis/publisher.js";
import { Subscriber } from "./redis/subscriber.js";
import type { Load, RedisSite, RedisSiteSettings } from "./redis-site-types.js";
import type { SiteCounters, SiteHandlers, SiteHost } from "./site.js";

export type RunningSiteOptions = {
  readonly settings: RedisSiteSettings;
  readonly handlers: SiteHandlers;
  /** For commands, and for what is heard. */
  readonly connection: Connection;
  readonly listener: Connection;
  readonly scripts: Scripts;
  readonly lookout: Lookout;
  readonly beatEvery: number;
  readonly joined: Joined;
};

/** Milliseconds. */
const GOODBYE = 1000;
const NEWS = "news";
/** Beats of a host that are seen in Redis while nothing of it is heard, until the connection is taken for dead. */
const UNHEARD_BEATS = 8;
const LONGEST_PAUSE = 60_000;

export class RunningSite implements RedisSite {
  readonly counters: SiteCounters = {
    published: 0,
    publishedBytes: 0,
    received: 0,
    receivedBytes: 0,
    gaps: 0,
    dropped: { volatile: 0, overflow: 0, underWay: 0, tooLarge: 0 },
  };
  readonly secret: string;
  readonly #options: RunningSiteOptions;
  readonly #epoch: number;
  readonly #channels: Channels;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #peers: Peers;
  readonly #heart: Heart;
  #self: SiteHost;
  /** Number of the next message to all. */
  #sent = 0;
  #marking = false;
  #leaving = false;
  #renewal = { at: 0, pause: 0 };

  constructor(options: RunningSiteOptions) {
    this.#options = options;
    const { settings, handlers, connection, listener, joined } = options;
    const { record, agreement } = joined;
    this.secret = agreement.secret;
    this.#self = hostOf(record);
    this.#epoch = record.epoch;
    this.#channels = new Channels(settings.redis.prefix, agreement.secret);
    this.#publisher = new Publisher({
      client: connection.client,
      sharded: agreement.sharded,
      counters: this.counters,
      channelOf: (target) => this.#channelOf(target),
      frameOf: (batch) => this.#frameOf(batch),
      doubtFrame: () => encodeFrame(this.#head(FrameKind.DOUBT, 0)),
      refused: (error) => this.#heart.refused(error),
    });
    this.#subscriber = new Subscriber(listener, agreement.sharded, {
      frame: (frame) => this.#leaving || this.#peers.frame(frame),
      heard: (name) => this.#heard(name),
      refused: (error) => this.#heart.refused(error),
    });
    this.#peers = new Peers({
      self: { host: record.host, epoch: record.epoch },
      handlers,
      counters: this.counters,
      listen: (host) => this.#subscriber.listen(host, this.#channelsFrom(host)),
      forget: (host) => this.#subscriber.forget(host),
      markSoon: () => this.#markSoon(),
      lookSoon: () => this.#heart.beatSoon(),
      left: (host) => options.lookout.left(host),
    });
    this.#heart = new Heart({
      ...options,
      record,
      agreement,
      up: (up) => this.#redisIs(up),
      living: (records) => this.#living(records),
    });
    // Whoever awaits this site has it in hand before the first handler is called.
    setImmediate(() => this.#begin());
  }

  get self(): SiteHost {
    return this.#self;
  }

  get queuedBytes(): number {
    return this.#publisher.queuedBytes;
  }

  get redis() {
    return this.#heart.redis;
  }

  hosts(): readonly SiteHost[] {
    return this.#peers.hosts;
  }

  send(to: readonly SiteHost[], payload: Buffer, isVolatile = false): void {
    const { hosts, settled } = this.#peers;
    // Who passes on the list itself means all: the usual case, and no look at each.
    const peers = settled && to === hosts ? undefined : to.flatMap((host) => this.#peers.find(host) ?? []);
    if ((peers ?? hosts).length === 0 || this.#leaving) return;
    const verdict = this.#publisher.admit(payload, isVolatile);
    if (verdict === "skip") return;
    if (verdict === "send" && this.#publisher.takeGap()) this.#publisher.pushFrame(EVERYBODY, this.#mark());
    if (peers === undefined || (settled && peers.length === hosts.length)) {
      if (verdict === "send") this.#publisher.push(EVERYBODY, this.#sent, payload);
      this.#sent = later(this.#sent);
      return;
    }
    for (const peer of peers) {
      if (verdict === "send") this.#publisher.push(peer.host.host, peer.sent, payload);
      peer.sent = later(peer.sent);
    }
  }

  setLoad({ workers, sessions }: Load): void {
    this.#self = { ...this.#self, workers, sessions };
    this.#heart.setLoad({ workers, sessions });
  }

  listenPattern(pattern: string, heard: (channel: string, message: Buffer) => void): void {
    this.#subscriber.listenPattern(pattern, heard);
  }

  async leave(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    await Promise.race([this.#sayGoodbye().catch(() => {}), sleep(GOODBYE)]);
    this.#subscriber.close();
    this.#options.connection.close();
  }

  #begin(): void {
    if (this.#leaving) return;
    this.#subscriber.listen(NEWS, [this.#channels.news]);
    this.#heart.start();
  }

  /** Removes the record first: who looks after the goodbye finds nothing. */
  async #sayGoodbye(): Promise<void> {
    await this.#heart.stop();
    this.#publisher.pushFrame(EVERYBODY, encodeFrame(this.#head(FrameKind.LEAVE, this.#sent)));
    await this.#publisher.drained();
  }

  #heard(name: number | string): void {
    if (typeof name === "number") this.#peers.heard(name);
    // Those who are here already may look at once, and need not wait for their next beat.
    else this.#publisher.pushFrame(NEWCOMERS, encodeFrame(this.#head(FrameKind.POKE, 0)));
  }

  #redisIs(up: boolean): void {
    this.#publisher.open = up;
    if (up) this.#markSoon();
  }

  #living(records: Parameters<Peers["living"]>[0]): void {
    if (this.#leaving) return;
    this.#peers.living(records);
    this.#markSoon();
    this.#listenAfresh();
  }

  /** A connection may be dead without anybody having been told, or a subscription may have got lost where a cluster moved its slots. */
  #listenAfresh(): void {
    const now = performance.now();
    if (this.#peers.longestUnheard < UNHEARD_BEATS) {
      if (this.#peers.longestUnheard === 0) this.#renewal.pause = 0;
      return;
    }
    if (now < this.#renewal.at) return;
    const pause = Math.min(Math.max(2 * this.#renewal.pause, this.#options.settings.lease), LONGEST_PAUSE);
    this.#renewal = { at: now + pause, pause };
    this.#subscriber.renew();
  }

  #markSoon(): void {
    if (this.#marking || this.#leaving) return;
    this.#marking = true;
    setImmediate(() => {
      this.#marking = false;
      if (this.#leaving || !this.#heart.redis.up || this.#heart.outside) return;
      this.#publisher.pushFrame(EVERYBODY, this.#mark());
    });
  }

  /** Takes its place among the messages: whoever reads it knows how many came before it. */
  #mark(): Buffer {
    return encodeMark(this.#head(FrameKind.MARK, this.#sent), this.#peers.marks());
  }

  #channelOf(target: Target): string {
    return target === NEWCOMERS ? this.#channels.news : this.#channels.of(this.#self.host, target);
  }

  #channelsFrom(host: number): readonly string[] {
    return [this.#channels.of(host, EVERYBODY), this.#channels.of(host, this.#self.host)];
  }

  #frameOf({ target, sequence, payloads }: Batch): Buffer {
    const kind = target === EVERYBODY ? FrameKind.ALL : FrameKind.DIRECT;
    return encodeFrame(this.#head(kind, sequence), payloads);
  }

  #head(kind: FrameKind, sequence: number) {
    return { kind, host: this.#self.host, epoch: this.#epoch, sequence };
  }
}
