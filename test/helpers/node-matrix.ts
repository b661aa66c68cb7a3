/** Test helper: the versions of Node on which everything must hold. `npm test` installs them into test/matrix. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type NodeVersion = { readonly name: string; readonly path: string; readonly installed: boolean };

/** Node 20, 22, 24 and 26; 20 in the oldest release that we support. */
export const NODE_VERSIONS: readonly NodeVersion[] = [20, 22, 24, 26].map((major) => {
  const path = fileURLToPath(new URL(`../matrix/node_modules/node-${major}/bin/node`, import.meta.url));
  return { name: `Node ${major}`, path, installed: existsSync(path) };
});
