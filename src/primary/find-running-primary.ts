/** Primary: asks whether another primary is behind a control socket. */

import { request } from "node:http";
import { json } from "node:stream/consumers";

/** A primary that is alive answers at once; one that hangs holds the lock all the same. Milliseconds. */
const ANSWER_TIME = 2000;

/** The lock's pid may be one of another container; whoever answers on the socket lives. @returns its pid */
export async function findRunningPrimary(socketPath: string): Promise<number | undefined> {
  const status = await ask(socketPath).catch(() => undefined);
  const pid = (status as { pid?: unknown } | undefined)?.pid;
  return typeof pid === "number" ? pid : undefined;
}

function ask(socketPath: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/status", headers: { host: "holdfast" }, agent: false });
    asked.setTimeout(ANSWER_TIME, () => asked.destroy(new Error("no answer in time")));
    asked.on("error", reject).on("response", (response) => json(response).then(resolve, reject));
    asked.end();
  });
}
