/** Primary: the folder of `--listen pipes:…`, before anything is started. */

import { accessSync, constants, mkdirSync } from "node:fs";
import { messageOf, UsageError } from "../base/errors.js";
import type { FleetSettings } from "../config/settings.js";
import { slotTarget, writtenSlotSockets } from "../config/slot-sockets.js";
import { ownTarget } from "../protocol/listening.js";
import type { PassedSockets } from "./systemd/passed-sockets.js";

/** Makes the folder where it is missing, unless systemd has opened all sockets there. @throws {UsageError} ERR_LISTEN_FOLDER */
export function ensureSlotFolder(
  { listen: sockets, workers }: Pick<FleetSettings, "listen" | "workers">,
  passed: PassedSockets | undefined,
): void {
  if (sockets?.kind !== "pipes") return;
  const targets = Array.from({ length: workers }, (_, slot) => slotTarget(sockets, slot));
  if (targets.every((target) => passed?.has(ownTarget(NOTHING, target)))) return;
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

/** What no app has asked for yet. */
const NOTHING = { kind: "pipe", path: "", readableAll: false, writableAll: false } as const;
