/** Bridge, pure: what the version of a Redis allows. */

/** Valkey and other kin say with which version of Redis they go. */
export type RedisVersion = { readonly major: number; readonly minor: number; readonly text: string };

/** The oldest that is supported with fixes by those who sell it, and that all this was tested with. */
const OLDEST: RedisVersion = { major: 6, minor: 2, text: "6.2" };

/** Of the answer to INFO. @returns undefined where none is said */
export function versionOf(info: string): RedisVersion | undefined {
  const match = /^redis_version:((\d+)\.(\d+)[^\r\n]*)/m.exec(info);
  return match === null
    ? undefined
    : { major: Number(match[2]), minor: Number(match[3]), text: match[1] as string };
}

export function isTooOld({ major, minor }: RedisVersion): boolean {
  return major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
}

/** SPUBLISH and SSUBSCRIBE: in a cluster a message stays with the servers of its channel. Since 7.0. */
export function hasShardedChannels({ major }: RedisVersion): boolean {
  return major >= 7;
}
