/**
 * Worker without a primary: takes a slot that no living process of the fleet has. Whoever dies gives its slot back by being dead,
 * in whatever container it was.
 */

import { HoldfastError, messageOf } from "../../../base/errors.js";
import { MAX_SLOTS } from "../../../config/limits.js";
import { chooseSlot, type SlotWish } from "./choose-slot.js";
import { ClaimFolder } from "./claim-folder.js";
import { underLock } from "./claim-lock.js";
import { markOfThisProcess, type ProcessMark } from "./process-mark.js";

export type Claim = {
  readonly slot: number;
  /** One more than that of the process of this slot which this one replaces. */
  readonly generation: number;
  /** Who has the slot that was wished for, where it could not be had. */
  readonly refusedBy: ProcessMark | undefined;
  /** Gives the slot back early; a process that just ends need not. */
  release(): void;
};

/**
 * @param directory of the fleet
 * @returns the slot, held until this process ends
 * @throws {HoldfastError} ERR_NO_SLOT when all 1296 are taken, ERR_CLAIM_LOCK when the lock does not get free or the folder cannot be written
 */
export function claimSlot(directory: string, wish: SlotWish): Claim {
  const mark = markOfThisProcess(wish.managed);
  const folder = openFolder(directory, mark);
  try {
    return underLock(folder, () => take(folder, directory, { slot: wish.slot, managed: mark.managed }));
  } catch (error) {
    folder.leave();
    throw error;
  }
}

function openFolder(directory: string, mark: ProcessMark): ClaimFolder {
  try {
    return new ClaimFolder(directory, mark);
  } catch (cause) {
    throw new HoldfastError(
      "ERR_CLAIM_LOCK",
      `No slot can be taken in ${directory}: ${messageOf(cause)}. Set HOLDFAST_RUNTIME_DIR to a folder on a local disk that this user may write to.`,
      { cause },
    );
  }
}

function take(folder: ClaimFolder, directory: string, wish: SlotWish): Claim {
  const holders = folder.holders();
  const living = folder.living(holders.map(({ mark }) => mark));
  const alive = holders.filter(({ mark }) => living.has(mark.id));
  for (const holder of holders) if (!alive.includes(holder)) folder.remove(holder);
  const choice = chooseSlot(alive, wish);
  if (choice === undefined) {
    throw new HoldfastError(
      "ERR_NO_SLOT",
      `All ${MAX_SLOTS} slots in ${directory} are taken: split the app into fleets with names of their own.`,
    );
  }
  const { slot, generation } = choice;
  if (!alive.some((holder) => holder.slot === slot)) folder.removeWorkerSockets(slot);
  const missed = wish.slot !== undefined && wish.slot !== slot;
  const refusedBy = missed ? alive.find((holder) => holder.slot === wish.slot)?.mark : undefined;
  return { slot, generation, refusedBy, release: folder.hold(slot, generation) };
}
