/** Test helper: ports for programs that cannot choose one themselves. */

import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Ports that were free a moment ago, held together so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0);
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server: Server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
