/** Proxy benchmark: in which order the windows of one round come. Pure. */

import { rotate } from "../measure/plan.js";

/**
 * Each second round goes through the contenders as the one before, backwards: whoever was measured first of two is then the second,
 * whatever the machine does meanwhile. Each pair of rounds begins with another contender.
 */
export function orderOf<T>(round: number, contenders: readonly T[]): T[] {
  const order = rotate(contenders, Math.floor(round / 2));
  return round % 2 === 0 ? order : order.reverse();
}
