/** Test helper: ports in a row that nobody uses on 127.0.0.1. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** @returns the first of `count` ports */
export async function freeRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const servers: Server[] = [];
    try {
      const first = await occupy(0, servers);
      for (let port = first + 1; port < first + count; port++) await occupy(port, servers);
      return first;
    } catch {
      // One of them is taken, or past 65535.
    } finally {
      await Promise.all(servers.map(closed));
    }
  }
  throw new Error(`no ${count} free ports in a row`);
}

/** @throws the system's error */
async function occupy(port: number, servers: Server[]): Promise<number> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
