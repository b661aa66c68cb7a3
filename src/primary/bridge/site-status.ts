/** Primary, pure: what a fleet says of its site, from the last word of its bridge. */

import type { BridgeSnapshot } from "../../protocol/bridge-messages.js";
import type { SiteStatus } from "../../protocol/status.js";

export type BridgeView = {
  readonly host: number | undefined;
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Undefined: this bridge has said nothing yet. */
  readonly heard: { readonly snapshot: BridgeSnapshot; readonly at: number } | undefined;
  /** Since when there is no word of a bridge, where there is none. */
  readonly silentSince: number;
  /** Why, as far as it is known. */
  readonly why: string | undefined;
};

/** @param now milliseconds, as the times of `view` */
export function siteStatus(view: BridgeView, now: number): SiteStatus {
  const { host, pid, restarts, heard } = view;
  const head = (rss: number | null, cpu: number | null) => ({
    host: host ?? null,
    bridge: { pid: pid ?? null, restarts, rss, cpu },
  });
  if (heard === undefined) {
    const since = Math.round(now - view.silentSince);
    return { ...head(null, null), ...NOTHING, why: view.why ?? "the bridge starts", since };
  }
  const { rss, cpu, ...snapshot } = heard.snapshot;
  return { ...head(rss, cpu), ...snapshot, since: Math.round(snapshot.since + now - heard.at) };
}

const NOTHING = {
  redis: "down",
  hosts: [],
  published: 0,
  publishedBytes: 0,
  received: 0,
  receivedBytes: 0,
  gaps: 0,
  dropped: 0,
  queuedBytes: 0,
  forward: { accepted: 0, open: 0, refused: 0 },
} as const;
