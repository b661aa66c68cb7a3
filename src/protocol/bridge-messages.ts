/** Protocol: what the primary and its bridge say to each other, and what the bridge tells the workers. Types only. */

/** How Redis is reached: one server, a cluster's first servers, or the sentinels of one. */
export type RedisSettings = {
  /** `redis:` or `rediss:` (TLS), with `+cluster` or `+sentinel`; several servers are separated by commas. */
  readonly url: string;
  /** Begins every key and channel. */
  readonly prefix: string;
  /** Files: certificate authority, and this host's own certificate and key. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
};

/** Everything that a bridge must know; travels as JSON in `HOLDFAST_BRIDGE_SETTINGS`. */
export type BridgeSettings = {
  readonly fleet: string;
  /** The fleet's runtime directory. */
  readonly directory: string;
  readonly primaryPid: number;
  readonly redis: RedisSettings;
  /** Wanted: `--host-number`, or the number that this fleet has had since its start. */
  readonly host?: number;
  /** Of this life of the fleet: a bridge that is started again takes its own number back with it. */
  readonly token: string;
  /** Where the gateway listens. Port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** What other hosts dial; without a port, that of the gateway. */
  readonly advertise?: { readonly host: string; readonly port?: number };
  /** Shared by the hosts of the site; without one the site's first host makes it and Redis keeps it. */
  readonly secret?: string;
  /** Files for TLS between hosts, each with a certificate that the others check. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** A host that says nothing for so long is gone. Milliseconds. */
  readonly lease: number;
  readonly workers: number;
  /** False: an adapter of Socket.IO's own carries broadcasts from host to host. */
  readonly relays: boolean;
};

export const BRIDGE_SETTINGS = "HOLDFAST_BRIDGE_SETTINGS";

/** The bridge stands in the mesh beside the workers, in a slot that no worker can have. */
export const BRIDGE_SLOT = 1296;

/** Another host, for `status --site`. */
export type SiteHostStatus = {
  readonly host: number;
  readonly fleet: string;
  readonly address: string;
  readonly port: number;
  readonly workers: number;
  readonly sessions: number;
  readonly version: string;
};

export type BridgeSnapshot = {
  readonly redis: "up" | "down";
  /** Why it is down; null: it is up. */
  readonly why: string | null;
  /** For so long. Milliseconds. */
  readonly since: number;
  readonly hosts: readonly SiteHostStatus[];
  readonly published: number;
  readonly publishedBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  readonly gaps: number;
  /** Messages that did not leave this host. */
  readonly dropped: number;
  readonly queuedBytes: number;
  /** Links of workers of other hosts that were let in, are open, and were refused. */
  readonly forward: { readonly accepted: number; readonly open: number; readonly refused: number };
  readonly rss: number;
  /** Microseconds of processor time. */
  readonly cpu: number;
};

export type BridgeToPrimary =
  /** The fleet has its number. Sent once; a bridge without Redis goes on trying. */
  | { readonly type: "joined"; readonly host: number }
  /** This cannot become right by waiting: the fleet must not run like this. */
  | { readonly type: "refused"; readonly code: string; readonly sentence: string }
  /** For the log, each change once: Redis is away, is back, a host came or left. */
  | {
      readonly type: "said";
      readonly level: "info" | "warn";
      readonly event: string;
      readonly sentence: string;
    }
  | { readonly type: "snapshot"; readonly snapshot: BridgeSnapshot };

export type PrimaryToBridge =
  /** The workers are gone: say goodbye and end. */
  | { readonly type: "leave" }
  /** How many workers there are to be, and the sessions that they have. Said when it changes, at most once a second. */
  | { readonly type: "workers"; readonly workers: number; readonly sessions: number };

/** On this channel of the mesh the bridge tells each worker which other hosts there are: at first, and when it changes. JSON. */
export const SITE_CHANNEL = "site";

export type SiteNews = {
  /** Hexadecimal; whoever shows that he knows it is let in by the gateways of the site. */
  readonly secret: string;
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  readonly hosts: readonly {
    readonly host: number;
    readonly token: string;
    readonly address: string;
    readonly port: number;
  }[];
};
