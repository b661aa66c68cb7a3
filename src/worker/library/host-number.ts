/** Worker without a primary: the number of this host, which its sids carry. */

import { UsageError } from "../../base/errors.js";
import { MAX_HOSTS } from "../../config/limits.js";

/**
 * @param wished of `holdfast(io)`; else HOLDFAST_HOST_NUMBER, else 0
 * @throws {UsageError} ERR_SETTING: a number that sids cannot carry would break routing in silence
 */
export function hostNumber(wished: number | undefined, env: NodeJS.ProcessEnv = process.env): number {
  const given = wished ?? (env.HOLDFAST_HOST_NUMBER || "0");
  const number = typeof given === "number" || /^\d{1,4}$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isInteger(number) && number >= 0 && number < MAX_HOSTS) return number;
  const where = wished === undefined ? "HOLDFAST_HOST_NUMBER" : "hostNumber of holdfast(io)";
  throw new UsageError(
    "ERR_SETTING",
    `${where} must be a whole number from 0 to ${MAX_HOSTS - 1}, but is ${JSON.stringify(given)}.`,
  );
}
