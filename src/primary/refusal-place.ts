/** Primary, pure: where the code is that could not be loaded, of which Node tells the file and line on stderr alone. */

import { placeIn } from "../base/code-problem.js";
import type { Refusal } from "./lifecycle/events.js";

/** @param tail the last lines of the failed worker's stderr */
export function withPlace(refusal: Refusal, tail: readonly string[]): Refusal {
  if (refusal.code !== "ERR_APP_LOAD" || /:\d+\)/.test(refusal.message)) return refusal;
  const place = tail.map(placeIn).find((found) => found !== undefined);
  if (place === undefined) return refusal;
  return { ...refusal, message: `${refusal.message} The place: ${place}` };
}
