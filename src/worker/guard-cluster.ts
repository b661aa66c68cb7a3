/** Worker: an app that forks with node:cluster is told what to remove, instead of starting a fleet inside each worker. */

import cluster from "node:cluster";
import { ownCluster } from "./adopt-modules.js";

export function guardCluster(): void {
  cluster.fork = () => {
    throw ownCluster("cluster.fork()");
  };
}
