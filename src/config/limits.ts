/** Config: limits that several settings share. */

/** How many slots and hosts there can be: two base-36 digits of the sid name each (`routing/sid.ts`). */
export const MAX_SLOTS = 36 * 36;
export const MAX_HOSTS = 36 * 36;

export const MAX_PORT = 65_535;

/** Linux keeps 108 bytes for a Unix socket's path, with its closing zero; macOS 104. */
export const MAX_SOCKET_PATH = 103;
