/** CLI: whose a control socket is, before anything is said to it. */

import { statSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf, HoldfastError } from "../base/errors.js";
import { primarySocket } from "../protocol/runtime-directory.js";

/** @returns undefined where the system has no numbers of users, or nobody has such a file */
type OwnerOf = (path: string) => number | undefined;

/**
 * Root may ask anybody's fleet, but gives its environment to none but its own.
 * @param private what is said is for the caller's own processes alone
 * @throws {HoldfastError} ERR_CONTROL_OWNER
 */
export function checkOwner(
  directory: string,
  { own, isPrivate = false }: { own: number | undefined; isPrivate?: boolean },
  ownerOf: OwnerOf = owner,
): void {
  if (own === undefined || (own === 0 && !isPrivate)) return;
  const path = primarySocket(directory);
  const foreign = [directory, path].map(ownerOf).find((uid) => uid !== undefined && uid !== own);
  if (foreign === undefined) return;
  throw new HoldfastError(
    "ERR_CONTROL_OWNER",
    `The control socket ${path} belongs to user ${foreign}, and this command runs as user ${own}. Run it as that user, for example with sudo -u '#${foreign}'.`,
  );
}

/** What lies behind a folder that this user may not enter belongs to whom the folder does. */
function owner(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch (error) {
    if (codeOf(error) === "EACCES" && dirname(path) !== path) return owner(dirname(path));
    // Nobody's: whoever connects is told so.
    return undefined;
  }
}
