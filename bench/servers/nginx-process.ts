/** Servers: one nginx, in a folder of its own, from a whole configuration. */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.js";
import { inDirectory } from "./nginx-configuration.js";
import { startAll } from "./servers.js";

export function missingNginx(): string | undefined {
  return spawnSync("nginx", ["-v"]).error === undefined
    ? undefined
    : "nginx is not installed: `apt-get install nginx`";
}

/** @param front the port that `text` listens on @throws with what nginx said when it does not take connections */
export async function startNginx(front: number, text: string, directory: string): Promise<Child> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "nginx.conf");
  writeFileSync(file, inDirectory(text, directory));
  const args = ["-e", join(directory, "error.log"), "-c", file];
  const [child] = await startAll([{ command: "nginx", args }]);
  if (child === undefined) throw new Error("nginx did not start");
  while (!(await accepts(front))) {
    if (child.ended) throw new Error(`nginx ended: ${child.output}; see ${directory}/error.log`);
    await sleep(20);
  }
  return child;
}

/** nginx prints nothing when it is ready. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
