/** Primary: the folder of `--listen pipes:…`, before anything is started. */

import { accessSync, constants, mkdirSync } from "node:fs";
import { messageOf, UsageError } from "../base/errors.js";
import { type SlotSockets, writtenSlotSockets } from "../config/slot-sockets.js";

/** Makes the folder where it is missing. @throws {UsageError} ERR_LISTEN_FOLDER */
export function ensureSlotFolder(sockets: SlotSockets | undefined): void {
  if (sockets?.kind !== "pipes") return;
  try {
    mkdirSync(sockets.folder, { recursive: true });
    accessSync(sockets.folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new UsageError(
      "ERR_LISTEN_FOLDER",
      `The folder of --listen ${writtenSlotSockets(sockets)} cannot be made or written to: ${messageOf(cause)}. Name a folder that this user may write to.`,
      { cause },
    );
  }
}
