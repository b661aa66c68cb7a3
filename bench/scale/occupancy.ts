/** Paper scale: on how many hosts the members of a room are, when each is on any host with the same chance. Pure. */

/** Of the hosts but the sender's. */
export type Occupancy = {
  /** Other hosts with members, on the average. */
  readonly others: number;
  /** How often each of the others has members: then one message to all does. */
  readonly all: number;
  /** How often none has. */
  readonly none: number;
};

/**
 * @param hosts 2 or more, the sender's among them; `members` are placed by chance, wherever the sender is
 * @returns exact for the model, by the chances for k hosts with members when one member after another is placed
 */
export function occupancyOf(hosts: number, members: number): Occupancy {
  const others = hosts - 1;
  // chance[k]: k of the others have members.
  const chance = new Float64Array(others + 1);
  chance[0] = 1;
  for (let member = 0; member < members; member += 1) {
    if ((chance[others] ?? 0) > 1 - 1e-9) return { others, all: 1, none: 0 };
    for (let k = others; k >= 0; k -= 1) {
      const stays = ((chance[k] ?? 0) * (1 + k)) / hosts;
      const comes = k === 0 ? 0 : ((chance[k - 1] ?? 0) * (others - k + 1)) / hosts;
      chance[k] = stays + comes;
    }
  }
  const mean = chance.reduce((sum, value, k) => sum + value * k, 0);
  return { others: mean, all: chance[others] ?? 0, none: chance[0] ?? 0 };
}

/** How many of `rooms` have a member on one of `some` of the hosts, on the average. */
export function roomsOn(some: number, hosts: number, rooms: number, members: number): number {
  return rooms * (1 - (1 - some / hosts) ** members);
}
