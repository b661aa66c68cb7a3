/**
 * Worker without a primary: a Unix socket that answers for as long as its process lives, since the kernel closes it with the process.
 * Whoever shares the folder can ask it, in whatever container. Both sides are synchronous, as `holdfast(io)` is.
 */

import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";

/** Whoever has not answered after so long is busy, not dead: the kernel answers for it. Milliseconds. */
const PATIENCE = 3000;

/**
 * Opens the socket before it returns.
 * @returns closes it and removes the file
 * @throws the system's reason in words, when it cannot be opened
 */
export function showLife(path: string): () => void {
  const server = createServer((socket) => socket.destroy());
  let reason: Error | undefined;
  server.on("error", (error) => {
    reason = error;
  });
  // A path is bound in the same turn; exclusive: not by the primary process of node:cluster, which may live on.
  server.listen({ path, exclusive: true });
  server.unref();
  if (!server.listening) throw reason ?? new Error(`the socket ${path} could not be opened`);
  return () => {
    server.close();
    rmSync(path, { force: true });
  };
}

/** Each path has a cell: 0 not known, 1 it lives, 2 it is dead. Cell 0 says that all are known. */
const ALIVE_OR_BUSY = 1;

/** In a thread of its own, as this one stands still meanwhile. It stands here as text so that a bundle needs no second file. */
const ASK = `
const { connect } = require("node:net");
const { workerData: { paths, cells } } = require("node:worker_threads");
let open = paths.length;
paths.forEach((path, index) => {
  const socket = connect(path);
  const tell = (answer) => {
    socket.removeAllListeners().on("error", () => {}).destroy();
    Atomics.store(cells, index + 1, answer);
    if (--open > 0) return;
    Atomics.store(cells, 0, 1);
    Atomics.notify(cells, 0);
  };
  socket.once("connect", () => tell(1));
  socket.once("error", ({ code }) => tell(code === "ECONNREFUSED" || code === "ENOENT" ? 2 : 1));
});
`;

/** @returns those of the sockets behind which somebody lives, or may live: where it cannot be told, nobody is called dead */
export function whoLives(paths: readonly string[]): Set<string> {
  if (paths.length === 0) return new Set();
  const cells = new Int32Array(new SharedArrayBuffer(4 * (paths.length + 1)));
  try {
    const worker = new Worker(ASK, { eval: true, execArgv: [], env: {}, workerData: { paths, cells } });
    worker.on("error", () => {}).unref();
    Atomics.wait(cells, 0, 0, PATIENCE);
    void worker.terminate();
  } catch {
    // No threads here, as under Node's permission model.
  }
  return new Set(paths.filter((_, index) => (cells[index + 1] || ALIVE_OR_BUSY) === ALIVE_OR_BUSY));
}
