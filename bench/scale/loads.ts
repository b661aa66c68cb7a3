/** Paper scale: what the sites are asked to carry, when nothing else is asked for. Data only. */

import type { Limits, Load } from "./figures.js";

const USUAL = { sessions: 10_000, bytes: 200, stay: 600 };

export const LOADS: readonly Load[] = [
  { ...USUAL, name: "pairs: rooms of 2, a message each 10 s", roomsEach: 2, members: 2, perSecond: 0.1 },
  { ...USUAL, name: "groups: rooms of 20, a message each 10 s", roomsEach: 2, members: 20, perSecond: 0.1 },
  {
    ...USUAL,
    name: "crowds: rooms of 1,000, one each 1,000 s",
    roomsEach: 1,
    members: 1_000,
    perSecond: 0.001,
  },
  // A message a second for each ten thousand sessions.
  {
    ...USUAL,
    name: "everybody in one room",
    roomsEach: 1,
    members: Number.POSITIVE_INFINITY,
    perSecond: 0.0001,
  },
];

export const HOSTS = [2, 3, 5, 10, 20, 50, 100] as const;
export const WORKERS = [8, 16, 32, 64] as const;
/** Of these the documentation shows the tables of loads: they are nearly the same for all. */
export const SHOWN_WORKERS = 16;

export const LIMITS: Limits = { core: 0.7, memory: 2 * 2 ** 30, network: 10e9, lease: 5_000 };
