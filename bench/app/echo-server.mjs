/** The app of all variants: answers `echo` with the same text, and what the benchmark of the bus asks. It listens to nothing itself. */

import { createServer } from "node:http";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Server } from "socket.io";
import { answerBusCommands } from "./bus-commands.mjs";

/** @returns the HTTP server, not yet listening, and the Socket.IO server on it */
export function createEchoServer() {
  const httpServer = createServer((_request, response) => response.end("ok"));
  const io = new Server(httpServer);
  io.engine.on("initial_headers", nameWorker);
  io.on("connection", (socket) => {
    socket.on("echo", (text, acknowledge) => acknowledge(text));
    socket.on("settle", (acknowledge) => acknowledge(settle()));
  });
  // Only there: listeners have a weight, and the other benchmark weighs connections.
  if (process.env.BENCH_APP === "bus") answerBusCommands(io);
  return { httpServer, io };
}

/** The first response of a session says which process owns it, so that the load client can count sessions on each worker. */
function nameWorker(headers) {
  headers["x-worker"] = String(process.pid);
}

/**
 * Collects all garbage. What V8 keeps free for later depends on the moment, not on connections, so it is told apart.
 * @returns bytes of live JavaScript objects and their buffers, and bytes of heap that is free but not given back
 */
function settle() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let pass = 0; pass < 3; pass += 1) collect();
  const spaces = getHeapSpaceStatistics();
  const physical = spaces.reduce((sum, space) => sum + space.physical_space_size, 0);
  const used = spaces.reduce((sum, space) => sum + space.space_used_size, 0);
  return { live: used + process.memoryUsage().external, free: physical - used };
}
