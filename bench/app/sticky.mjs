/** The app as @socket.io/sticky and @socket.io/cluster-adapter want it, after their own README: a primary that listens, workers that do not. */

import cluster from "node:cluster";
import { createServer } from "node:http";
import { createAdapter, setupPrimary } from "@socket.io/cluster-adapter";
import { setupMaster, setupWorker } from "@socket.io/sticky";
import { createEchoServer } from "./echo-server.mjs";

if (cluster.isPrimary) startPrimary(Number(process.env.PORT), Number(process.env.BENCH_WORKERS));
else startWorker();

function startPrimary(port, workers) {
  const httpServer = createServer();
  setupMaster(httpServer, { loadBalancingMethod: "least-connection" });
  setupPrimary();
  cluster.setupPrimary({ serialization: "advanced" });
  let ready = 0;
  cluster.on("message", (_worker, message) => {
    if (message !== "ready") return;
    ready += 1;
    // Workers that are still booting would lose connections: give the variant its best case.
    if (ready === workers) httpServer.listen(port, "127.0.0.1", () => console.log(`listening on ${port}`));
  });
  for (let slot = 0; slot < workers; slot += 1) cluster.fork();
}

function startWorker() {
  const { io } = createEchoServer();
  io.adapter(createAdapter());
  setupWorker(io);
  process.send("ready");
}
