/** Servers: `sticky`, node:cluster with @socket.io/sticky and @socket.io/cluster-adapter. */

import { join } from "node:path";
import { freePort } from "./free-port.js";
import { BENCH } from "./plain.js";
import { serversOf, startAll } from "./servers.js";
import type { StartOptions, Variant } from "./variant.js";

export const sticky: Variant = {
  name: "sticky",
  title: "@socket.io/sticky and cluster-adapter",
  missing: () => undefined,
  async start({ workers, env }: StartOptions) {
    const port = await freePort();
    const children = await startAll([
      {
        command: process.execPath,
        args: [join(BENCH, "app", "sticky.mjs")],
        env: { ...env, PORT: String(port), BENCH_WORKERS: String(workers) },
        readyWhen: /listening on/,
      },
    ]);
    return serversOf({ ports: [port], workers }, children);
  },
};
