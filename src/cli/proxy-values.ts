/** CLI: values of the flags of `holdfast proxy`. Pure. */

import { UsageError } from "../base/errors.js";
import { nearestWord } from "../base/suggest.js";

/** @throws {UsageError} ERR_USAGE with what would be right */
export function wholeNumber(flag: string, written: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(written) ? Number(written) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(
    "ERR_USAGE",
    `${flag} must be a whole number from ${least} to ${most}, but is "${written}".`,
  );
}

/** @throws {UsageError} ERR_USAGE with the words that there are */
export function oneOf<Word extends string>(what: string, written: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === written);
  if (found !== undefined) return found;
  const nearest = nearestWord(written, words);
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  throw new UsageError("ERR_USAGE", `${what} must be ${words.join(", ")}, but is "${written}".${hint}`);
}
