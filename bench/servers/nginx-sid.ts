/** Servers: `nginx-sid`, nginx with what `holdfast proxy nginx` prints, in front of `holdfast start` with a port for each slot. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { freePort, freeRow } from "./free-port.js";
import { CLI, missingCli, startFleet } from "./holdfast.js";
import { missingNginx, startNginx } from "./nginx-process.js";
import { behind } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

export const nginxSid: Variant = {
  name: "nginx-sid",
  title: "nginx by sid over holdfast start --listen ports",
  missing: () => missingNginx() ?? missingCli(),
  async start(options: StartOptions) {
    const { workers, directory } = options;
    const front = await freePort();
    const listen = ["--listen", `ports:${await freeRow(workers)}`, "--workers", String(workers)];
    const { stdout: text } = await promisify(execFile)(process.execPath, [
      ...[CLI, "proxy", "nginx", ...listen, "--port", String(front)],
    ]);
    const fleet = await startFleet([...listen, "--trust-proxy", "loopback"], options);
    return behind(() => startNginx(front, text, directory), fleet, { ports: [front], workers });
  },
};
