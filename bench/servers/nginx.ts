/** Servers: `nginx`, one nginx with `ip_hash` in front of N plain processes. */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.js";
import { freePort, freePorts } from "./free-port.js";
import { nginxConfiguration } from "./nginx-configuration.js";
import { plainProcess } from "./plain.js";
import { serversOf, startAll } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

export const nginx: Variant = {
  name: "nginx",
  title: "nginx ip_hash over N ports",
  missing: () =>
    spawnSync("nginx", ["-v"]).error === undefined
      ? undefined
      : "nginx is not installed: `apt-get install nginx`",
  async start({ workers, directory, env }: StartOptions) {
    const ports = await freePorts(workers);
    const front = await freePort();
    const backends = await startAll(ports.map((port) => plainProcess(port, env)));
    const given = { ports: [front], workers };
    try {
      return serversOf(given, [await startNginx(front, ports, directory), ...backends]);
    } catch (error) {
      await serversOf(given, backends).stop();
      throw error;
    }
  },
};

async function startNginx(front: number, backends: readonly number[], directory: string): Promise<Child> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "nginx.conf");
  writeFileSync(file, nginxConfiguration({ front, backends, directory }));
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
