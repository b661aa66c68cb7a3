/** Bridge, pure: what the hosts of a site must have in common, as it stands in Redis. */

import { UsageError } from "../../base/errors.js";
import { shownUrl } from "../redis/address.js";
import { fingerprint } from "../redis/channels.js";

/** What a site's hosts say to each other; goes up with any change that an older host would misunderstand. */
const FORMAT = "1";

export type Agreement = {
  readonly secret: string;
  /** Whether messages go through sharded channels. */
  readonly sharded: boolean;
  /** What is to stand in Redis. */
  readonly fields: Readonly<Record<string, string>>;
};

export type Wish = {
  /** Configured. */
  readonly secret: string | undefined;
  /** To be used where nobody has made one. */
  readonly made: string;
  readonly sharded: boolean;
};

/** What this host would agree on if it were the first. */
export function proposal({ secret, made, sharded }: Wish): Readonly<Record<string, string>> {
  return {
    format: FORMAT,
    channels: sharded ? "sharded" : "plain",
    ...(secret === undefined ? { secret: made } : { secretHash: fingerprint(secret) }),
  };
}

/** @param flat the answer of HGETALL */
export function siteOf(flat: readonly string[]): Readonly<Record<string, string>> {
  const site: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2)
    site[flat[index] as string] = flat[index + 1] as string;
  return site;
}

/** @returns what both say, or why they cannot be one site, as part of a sentence */
export function agree(site: Readonly<Record<string, string>>, wish: Wish): Agreement | string {
  const { format, channels, secret, secretHash } = site;
  if (format !== FORMAT)
    return `its hosts speak format ${format}, and this one ${FORMAT}: let all run the same version of Holdfast`;
  if (channels === "sharded" && !wish.sharded)
    return "its hosts use sharded channels, which this Redis does not have: use Redis 7 or later, or another --redis-prefix";
  const fields = { format, ...(channels !== undefined && { channels }) };
  const sharded = channels === "sharded";
  if (wish.secret === undefined) {
    if (secret === undefined || secretHash !== undefined)
      return "its hosts have a --site-secret, and this one has none: give it the same, or another --redis-prefix for a site of its own";
    return { secret, sharded, fields: { ...fields, secret } };
  }
  const ours = fingerprint(wish.secret);
  if ((secretHash ?? (secret === undefined ? undefined : fingerprint(secret))) !== ours)
    return "its hosts have another --site-secret: give all the same, or this one another --redis-prefix for a site of its own";
  return { secret: wish.secret, sharded, fields: { ...fields, secretHash: ours } };
}

export function disagreement(url: string, prefix: string, why: string): UsageError {
  return new UsageError(
    "ERR_SITE_SECRET",
    `This host cannot join the site "${prefix}" on Redis at ${shownUrl(url)}: ${why}.`,
  );
}
