/** Primary, pure: what the bridge of this fleet is told at its start. */

import { EVERY_ADDRESS } from "../../config/site-address.js";
import type { SiteSettings } from "../../config/site-settings.js";
import type { BridgeSettings, RedisSettings } from "../../protocol/bridge-messages.js";

export type BridgePlace = Pick<
  BridgeSettings,
  "fleet" | "directory" | "primaryPid" | "token" | "workers" | "relays"
> & {
  /** The number that this fleet has had since its start. */
  readonly host?: number | undefined;
};

export function bridgeSettings(site: SiteSettings, { host, ...place }: BridgePlace): BridgeSettings {
  const { advertise, siteSecret, siteCert, siteKey, siteCa } = site;
  const number = host ?? site.hostNumber;
  const tls = siteCert !== undefined && siteKey !== undefined && siteCa !== undefined;
  return {
    ...place,
    redis: redisSettings(site),
    listen: site.siteListen ?? { host: EVERY_ADDRESS, port: 0 },
    lease: site.lease,
    ...(number !== undefined && { host: number }),
    ...(advertise !== undefined && { advertise }),
    ...(siteSecret !== undefined && { secret: siteSecret }),
    ...(tls && { tls: { cert: siteCert, key: siteKey, ca: siteCa } }),
  };
}

function redisSettings({ redis, redisPrefix, redisCa, redisCert, redisKey }: SiteSettings): RedisSettings {
  return {
    url: redis,
    prefix: redisPrefix,
    ...(redisCa !== undefined && { ca: redisCa }),
    ...(redisCert !== undefined && { cert: redisCert }),
    ...(redisKey !== undefined && { key: redisKey }),
  };
}
