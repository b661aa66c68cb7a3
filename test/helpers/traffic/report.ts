/** Traffic, pure: what a crowd of clients has seen, and what of it must not be. */

/** How a client comes. `eio3` are clients of Socket.IO 2, `deflate` compresses with permessage-deflate. */
export type Kind = "websocket" | "polling" | "upgrade" | "eio3" | "eio3-polling" | "deflate";

export const KINDS = ["websocket", "polling", "upgrade", "eio3", "eio3-polling", "deflate"] as const;

export type StreamCounts = {
  received: number;
  lost: number;
  doubled: number;
  reordered: number;
};

export type AskCounts = {
  sent: number;
  answered: number;
  /** Answered with something else. */
  wrong: number;
  /** Still without an answer; those that a disconnect cut off are not counted. */
  open: number;
};

/** Milliseconds. */
export type Quantiles = {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
};

export type TrafficReport = {
  /** Those that are to stay, not the newcomers. */
  readonly clients: number;
  /** Sockets of those clients that are connected now. */
  readonly connected: number;
  readonly sockets: number;
  /** By kind and reason; leaving on purpose is none. */
  readonly disconnects: Readonly<Record<string, number>>;
  readonly connectErrors: Readonly<Record<string, number>>;
  /** How often sockets were disconnected from each host; the only one has no name. */
  readonly disconnectsAt: Readonly<Record<string, number>>;
  /** A socket that came back under another id. */
  readonly newIds: number;
  /** How often the app said `connection` with `recovered` to a socket that had never been disconnected. */
  readonly moves: number;
  readonly newcomers: { readonly came: number; readonly connected: number; readonly left: number };
  /**
   * `tick`: of the server to one socket; `echo`: of what the client sent; `all`, `room`: broadcasts of each worker; `up`: of the client, as the app
   * received it; `heard`: what other clients had the server tell their room; `far`: broadcasts, and what was heard, from other hosts.
   */
  readonly streams: Readonly<Record<StreamName, StreamCounts>>;
  /** Hosts whose broadcasts reached somebody. */
  readonly heardPlaces: readonly string[];
  /** Broadcasts of one host that sockets of another one lost. */
  readonly farLosses: readonly { readonly from: string; readonly to: string; readonly lost: number }[];
  /** `ask`, `slow`, `bytes`: of the client; `question`: of the app. */
  readonly asks: Readonly<Record<AskName, AskCounts>>;
  /** Of an echo, since the last mark. */
  readonly rtt: Quantiles;
  /** The first ones, a line each. */
  readonly examples: readonly string[];
};

export const STREAMS = ["tick", "echo", "all", "room", "up", "heard", "far", "farHeard"] as const;
export type StreamName = (typeof STREAMS)[number];
export const ASKS = ["ask", "slow", "bytes", "question"] as const;
export type AskName = (typeof ASKS)[number];

/** @returns a line for everything that clients of a perfect server would not have seen; none: nobody noticed anything */
export function flawsOf(report: TrafficReport): string[] {
  const { disconnects, connectErrors, newIds, newcomers } = report;
  return [
    ...Object.entries(disconnects).map(([reason, count]) => `${count} disconnected: ${reason}`),
    ...Object.entries(connectErrors).map(([reason, count]) => `${count} could not connect: ${reason}`),
    ...counted(newIds, "socket ids changed"),
    ...counted(report.sockets - report.connected, "sockets are not connected"),
    ...counted(newcomers.came - newcomers.connected, "newcomers never connected"),
    ...STREAMS.flatMap((name) => flawsOfStream(name, report.streams[name])),
    ...ASKS.flatMap((name) => flawsOfAsk(name, report.asks[name])),
  ];
}

function flawsOfStream(name: StreamName, { lost, doubled, reordered }: StreamCounts): string[] {
  // `heard` is sent by two workers in turn while its sender moves, and two senders have no order in common.
  const order = name === "heard" || name === "farHeard" ? [] : counted(reordered, `${name}: out of order`);
  return [...counted(lost, `${name}: lost`), ...counted(doubled, `${name}: doubled`), ...order];
}

function flawsOfAsk(name: AskName, { open, wrong }: AskCounts): string[] {
  return [...counted(open, `${name}: not answered`), ...counted(wrong, `${name}: answered wrongly`)];
}

function counted(count: number, what: string): string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}

/** @param values in any order; they are sorted in place */
export function quantilesOf(values: number[]): Quantiles {
  values.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0) * 10) / 10;
  return { count: values.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
