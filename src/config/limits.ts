/** Config: limits that several settings share. */

/** How many slots and hosts there can be: two base-36 digits of the sid name each (`routing/sid.ts`). */
export const MAX_SLOTS = 36 * 36;
export const MAX_HOSTS = 36 * 36;

export const MAX_PORT = 65_535;

/** Linux keeps 108 bytes for a Unix socket's path, with its closing zero; macOS 104. */
export const MAX_SOCKET_PATH = 103;

/** Of a host of a site: a few beats fit in, also where Redis is slow. Milliseconds. */
export const SHORTEST_LEASE = 1000;

/** A secret that nobody guesses. Characters. */
export const SHORTEST_SECRET = 16;
