/** Proxy benchmark: in which order the windows of one round come. Pure. */

import { rotate } from "../measure/plan.js";

/** Every round begins with another contender, and every other one goes backwards: who is measured after whom changes, too. */
export function orderOf<T>(round: number, contenders: readonly T[]): T[] {
  const order = rotate(contenders, round);
  return round % 2 === 0 ? order : order.reverse();
}
