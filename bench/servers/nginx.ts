/** Servers: `nginx`, one nginx with `ip_hash` in front of N plain processes. */

import { freePort, freePorts } from "./free-port.js";
import { ipHashConfiguration } from "./nginx-configuration.js";
import { missingNginx, startNginx } from "./nginx-process.js";
import { plainProcess } from "./plain.js";
import { behind, startAll } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

export const nginx: Variant = {
  name: "nginx",
  title: "nginx ip_hash over N ports",
  missing: missingNginx,
  async start({ workers, directory, env }: StartOptions) {
    const ports = await freePorts(workers);
    const front = await freePort();
    const backends = await startAll(ports.map((port) => plainProcess(port, env)));
    const text = ipHashConfiguration({ front, backends: ports });
    return behind(() => startNginx(front, text, directory), backends, { ports: [front], workers });
  },
};
