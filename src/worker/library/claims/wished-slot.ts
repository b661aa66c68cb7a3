/** Worker without a primary: the slot that the app, its environment or its manager asks for. Pure. */

import { UsageError } from "../../../base/errors.js";
import { MAX_SLOTS } from "../../../config/limits.js";

export type WishedSlot = {
  readonly slot: number | undefined;
  /** Who named it in so many words; undefined for what a manager counts, and where nobody did. */
  readonly named: string | undefined;
};

/**
 * @param option as in `holdfast(io, { slot })`
 * @param instance the manager's number, such as PM2's `NODE_APP_INSTANCE`; taken where it can be a slot
 * @throws {UsageError} ERR_SETTING for a value of the option or of `HOLDFAST_SLOT` that is no slot
 */
export function wishedSlot(
  option: unknown,
  env: NodeJS.ProcessEnv,
  instance = env.NODE_APP_INSTANCE,
): WishedSlot {
  if (option !== undefined) return named("The option slot of holdfast(io)", option, option);
  const text = env.HOLDFAST_SLOT;
  if (text) return named("HOLDFAST_SLOT", text, /^\d{1,4}$/.test(text) ? Number(text) : undefined);
  const counted = /^\d{1,4}$/.test(instance ?? "") ? Number(instance) : undefined;
  return { slot: isSlot(counted) ? counted : undefined, named: undefined };
}

function named(where: string, given: unknown, slot: unknown): WishedSlot {
  if (isSlot(slot)) return { slot, named: where };
  throw new UsageError(
    "ERR_SETTING",
    `${where} is ${JSON.stringify(given)}: write a whole number from 0 to ${MAX_SLOTS - 1}, or leave it out.`,
  );
}

const isSlot = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MAX_SLOTS;
