/** Development: `npm start`: sets everything up, then runs the chat of examples/chat on every core. This process becomes the primary. */

import { createServer } from "node:net";
import { ROOT } from "./run.mjs";
import { setup } from "./setup.mjs";

const FIRST_PORT = 3000;
const PORTS_TO_TRY = 20;

process.chdir(ROOT);
try {
  setup();
  process.env.PORT = String(await choosePort());
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exit(1);
}
// In this process and not in another: a signal then comes once, and from whoever sent it.
// The default policy leaves a handful of people where they were accepted; here even two windows should meet two workers.
const command = ["holdfast", "start", "examples/chat/server.ts", "--name", "chat", "--policy", "round-robin"];
process.argv.splice(1, process.argv.length, ...command);
await import("../dist/cli/main.js");

/** `PORT` where it is set, else the first free one from 3000 on. */
async function choosePort() {
  const asked = process.env.PORT;
  if (asked !== undefined && asked !== "") {
    if (asked === "0" || (await isFree(Number(asked)))) return asked;
    throw new Error(
      `Port ${asked} is taken by another program: choose another, such as PORT=${Number(asked) + 1} npm start`,
    );
  }
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TO_TRY; port += 1) {
    if (!(await isFree(port))) continue;
    if (port > FIRST_PORT)
      console.log(`Port ${FIRST_PORT} is taken by another program, so this is port ${port}.`);
    return port;
  }
  throw new Error(
    `No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS_TO_TRY - 1} is free: choose one with PORT=… npm start`,
  );
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === "EADDRINUSE") resolve(false);
      else reject(new Error(`Port ${port} cannot be used: ${error.message}`));
    });
    probe.listen(port, () => probe.close(() => resolve(true)));
  });
}
