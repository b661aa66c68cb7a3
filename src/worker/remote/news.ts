/** Worker: what the bridge tells of the other hosts of the site, read with care. Pure. */

import type { SiteNews } from "../../protocol/bridge-messages.js";

export type KnownHost = SiteNews["hosts"][number];

/** @returns undefined for what makes no sense */
export function decodeNews(payload: Buffer): SiteNews | undefined {
  try {
    const news = JSON.parse(payload.toString()) as SiteNews;
    const sound = typeof news.secret === "string" && news.secret !== "" && news.hosts.every(isHost);
    return sound ? news : undefined;
  } catch {
    return undefined;
  }
}

function isHost({ host, token, address, port }: KnownHost): boolean {
  return (
    Number.isInteger(host) &&
    typeof token === "string" &&
    typeof address === "string" &&
    Number.isInteger(port) &&
    port > 0 &&
    port < 65_536
  );
}
