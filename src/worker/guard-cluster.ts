/** Worker: an app that forks with node:cluster is told what to remove, instead of starting a fleet inside each worker. */

import cluster from "node:cluster";
import { syncBuiltinESMExports } from "node:module";
import { ownCluster } from "./adopt-modules.js";

export function guardCluster(): void {
  cluster.fork = () => {
    throw ownCluster("cluster.fork()");
  };
  // For `import { fork } from "node:cluster"`.
  syncBuiltinESMExports();
}
