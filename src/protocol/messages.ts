/** Protocol: what the primary and a worker say to each other over the process channel. Types only. */

import type { AdapterSettings } from "../config/adapters.js";
import type { PauseCounts } from "./pauses.js";

/** What an app asked to listen on. */
export type ListenTarget =
  | { readonly kind: "tcp"; readonly host?: string; readonly port: number; readonly ipv6Only: boolean }
  | {
      readonly kind: "pipe";
      readonly path: string;
      readonly readableAll: boolean;
      readonly writableAll: boolean;
    };

/** Where a server listens, as `server.address()` says it. */
export type ListenAddress =
  | { readonly address: string; readonly family: string; readonly port: number }
  | string;

/** Everything about an HTTP request but its body; enough to build it again in another process. */
export type RequestHead = {
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  /** Which of the app's engines it came to, in the order of their creation; a sid says it better where there is one. */
  readonly engine: number;
  /** The client's, as far as the proxies that it came by are believed; empty for one on a Unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteFamily: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly encrypted: boolean;
};

/** One end of a connection; a Unix socket has no address. */
type ConnectionSource = { readonly address: string | undefined; readonly port?: number | undefined };

/** A connection on its way to another worker. The descriptor travels beside the message. */
export type Passage =
  /** A WebSocket upgrade: `head` holds what was read behind the request. */
  | { readonly kind: "upgrade"; readonly request: RequestHead; readonly head: Buffer }
  /** An idle keep-alive connection; `source`: whom its PROXY header named. */
  | { readonly kind: "connection"; readonly listener: string; readonly source?: ConnectionSource };

export type FailureKind = "load" | "boot";

/** Numbers of one worker's side of the bus. Counts are since its start; a message to three peers counts three times. */
export type BusSnapshot = {
  /** Slots of the peers that have been silent for too long; the bridge has none. */
  readonly hung: readonly (number | "bridge")[];
  /** Bytes that wait for all peers together. */
  readonly queuedBytes: number;
  readonly sent: number;
  readonly received: number;
  /** To peers that did not keep up: volatile ones. */
  readonly droppedVolatile: number;
  /** To peers that did not keep up: all others. Those peers count them as `lost`. */
  readonly droppedOverflow: number;
  /** Longer than the bus takes. */
  readonly droppedTooLarge: number;
  /** From peers with which this worker did not keep up. */
  readonly lost: number;
  /** Frames that made no sense; each closed its link. */
  readonly malformed: number;
};

/** Numbers of one worker. Counts are since its start. */
export type WorkerSnapshot = {
  readonly sessions: number;
  readonly sessionsOpened: number;
  readonly requestsForwarded: number;
  readonly upgradesPassed: number;
  readonly upgradesTunnelled: number;
  readonly connectionsMoved: number;
  /** Connections without a PROXY header that can be read, where one must be. */
  readonly proxyHeadersRefused: number;
  /** Strays that this worker served for others, of this host or another. */
  readonly straysServed: number;
  /** Strays for sessions of other hosts of the site; `requestsForwarded` and `upgradesTunnelled` count those of this host. */
  readonly requestsForwardedToHosts: number;
  readonly upgradesTunnelledToHosts: number;
  readonly peers: number;
  readonly bus: BusSnapshot;
  /** Bytes. */
  readonly rss: number;
  /** Microseconds of user and system time. */
  readonly cpu: number;
};

/** How the handoff of one worker's sessions went. */
export type HandoffReport = {
  /** Sessions that another worker has now. */
  readonly moved: number;
  /** Sessions that stayed, by reason: they are told to reconnect when the worker drains. */
  readonly stayed: Readonly<Record<string, number>>;
  /** From the moment at which a session was not read any more until it was again, the longest. Milliseconds. */
  readonly longestPause: number;
  readonly pauses?: PauseCounts;
};

export type ToPrimary =
  | {
      readonly type: "listen";
      readonly request: number;
      readonly key: string;
      readonly target: ListenTarget;
      /** The target is the slot's own; see `--listen`. */
      readonly own: boolean;
      /** Of the app's first server that speaks HTTP. */
      readonly first: boolean;
    }
  | { readonly type: "release"; readonly key: string }
  /** Before the app is loaded: what carries its broadcasts, where Holdfast does not? */
  | { readonly type: "ask-adapter" }
  /** A server of the app began to listen. */
  | { readonly type: "listening"; readonly address: ListenAddress }
  /** `unsupported`: one sentence about why this worker can take no sessions over and give none away. */
  | { readonly type: "ready"; readonly unsupported?: string }
  | { readonly type: "failed"; readonly kind: FailureKind; readonly message: string; readonly code?: string }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "pass"; readonly token: number; readonly to: number; readonly passage: Passage }
  | {
      readonly type: "pass-answer";
      readonly token: number;
      readonly from: number;
      readonly accepted: boolean;
    }
  | { readonly type: "snapshot"; readonly snapshot: WorkerSnapshot }
  /** Of a worker that hands over: so many sessions have moved, so many are to. */
  | { readonly type: "handoff-progress"; readonly moved: number; readonly left: number }
  /** Everything that can move has moved. Until it is told to drain, it can take everything back. */
  | { readonly type: "handed-over"; readonly report: HandoffReport }
  /** The worker of that slot that was to take sessions does not answer. Whoever ends it makes this one take them back. */
  | { readonly type: "handoff-stuck"; readonly slot: number }
  /**
   * No session, no request in flight is left; `closed` sessions were told to reconnect. `report`: what has moved since `handed-over`, or
   * in all where that was not said; its `stayed` is the last word.
   */
  | { readonly type: "drained"; readonly closed: number; readonly report?: HandoffReport };

export type ListenReply =
  | {
      readonly type: "listen-reply";
      readonly request: number;
      readonly key: string;
      /** Where the descriptor listens that somebody else has opened, whatever was asked for. */
      readonly passed?: ListenAddress;
    }
  | {
      readonly type: "listen-reply";
      readonly request: number;
      readonly key: string;
      /** The system's error name, such as `EADDRINUSE`. */
      readonly error: string;
      readonly errno: number;
      readonly syscall: string;
    };

export type ToWorker =
  | ListenReply
  /** Answers `ask-adapter`. */
  | ({ readonly type: "adapter" } & AdapterSettings)
  | { readonly type: "passed"; readonly token: number; readonly from: number; readonly passage: Passage }
  | { readonly type: "pass-answer"; readonly token: number; readonly accepted: boolean }
  /**
   * Move all sessions to the (newer) workers of these slots, then say `handed-over`. Milliseconds from now.
   * `share`: only so many, and serve on as before then, without another word from here.
   */
  | {
      readonly type: "hand-over";
      readonly to: readonly number[];
      readonly within: number;
      readonly share?: number;
    }
  /** To a worker that was started beside an older one of its slot: take connections from now on. */
  | { readonly type: "take-over" }
  /** The worker that was to take the sessions is gone: take back those that it had, and serve on. */
  | { readonly type: "keep" }
  /** Answer what is in flight, close the sessions in batches, then say `drained`. Milliseconds from now. */
  | { readonly type: "drain"; readonly within: number };
