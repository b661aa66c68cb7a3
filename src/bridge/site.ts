/** Bridge: the contract of what joins the hosts of a site: who they are, and messages between their bridges. Types only. */

/** A host of the site, as it announces itself. */
export type SiteHost = {
  /** 0 to 1295; begins its sids. */
  readonly host: number;
  /** Unlike that of any other life of this or another host. */
  readonly token: string;
  /** The name of its fleet. */
  readonly fleet: string;
  /** Where its gateway takes what other hosts forward. */
  readonly address: string;
  readonly port: number;
  /** Workers that it runs. */
  readonly workers: number;
  /** Sessions that are open there, as of its last word. */
  readonly sessions: number;
  /** Of Holdfast. */
  readonly version: string;
};

export type SiteHandlers = {
  /** A message of a living host. `payload` may be a view: copy what outlives the call. */
  message(from: SiteHost, payload: Buffer): void;
  /** From now on `hosts()` contains it; called before its first message. */
  hostUp(host: SiteHost): void;
  /** It left, or its lease is over; called after its last message. */
  hostDown(host: SiteHost): void;
  /** Its announcement says something new; the token is the same. */
  hostChanged?(host: SiteHost): void;
  /** Of the messages of this host some may be missing, between the one before and the next. */
  lost(from: SiteHost): void;
};

/** Counts since the start. */
export type SiteCounters = {
  /** Messages given to Redis; one to three hosts with one command counts once. */
  published: number;
  publishedBytes: number;
  received: number;
  receivedBytes: number;
  /** Times that messages of a host were found missing. */
  gaps: number;
  /** Messages that did not leave: the queue was full while Redis was away, or the connection broke with them under way. */
  readonly dropped: { volatile: number; overflow: number; underWay: number; tooLarge: number };
};

/**
 * Carries messages between the bridges of a site.
 * - Messages of one host reach another in order, at most once; whatever is missing is told by `lost`, or by `hostDown`.
 * - `send` neither throws nor blocks. While Redis is away what waits is bounded in bytes: volatile messages are dropped first, then
 *   all, and each drop is counted.
 * - A host never gets its own message.
 */
export type Site = {
  readonly self: SiteHost;
  /** The others that live. The same list until somebody comes, goes or changes. */
  hosts(): readonly SiteHost[];
  /**
   * To these hosts; those that are gone are left out. One command of Redis where all living hosts are meant, else one for each.
   * `payload` is kept until it has left: it must not be changed afterwards.
   */
  send(to: readonly SiteHost[], payload: Buffer, volatile?: boolean): void;
  readonly counters: SiteCounters;
  /** Bytes that wait for Redis. */
  readonly queuedBytes: number;
  /** Whether Redis answers; `since` in milliseconds of `performance.now()`. */
  readonly redis: { readonly up: boolean; readonly since: number; readonly why: string | null };
  /** Says goodbye to the others; resolves when Redis knows, or does not answer within a second. */
  leave(): Promise<void>;
};
