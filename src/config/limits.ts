/** Config: how many hosts and slots there can be. Two base-36 digits of the sid name each (`routing/sid.ts`). */

export const MAX_SLOTS = 36 * 36;
export const MAX_HOSTS = 36 * 36;
