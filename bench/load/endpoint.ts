/** Load client: where a session goes and from which address. Pure. */

export type Endpoint = {
  readonly port: number;
  /** A loopback address; sessions come from many networks, so that `ip_hash` has something to hash. */
  readonly localAddress: string;
};

/** Where clients come from: as many networks as there are, or all from one address, as behind a NAT. */
export type Sources = "many" | "one";

/** The path of all Engine.IO requests, with the query that every request carries. */
export const ENGINE_PATH = "/socket.io/?EIO=4";

/**
 * Spreads sessions evenly over ports and source networks.
 * nginx's `ip_hash` reads the first three bytes of an address, so these differ.
 */
export function endpointOf(session: number, ports: readonly number[], sources: Sources = "many"): Endpoint {
  const port = ports[session % ports.length];
  if (port === undefined) throw new Error("there is no port to connect to");
  return { port, localAddress: sources === "one" ? "127.0.0.1" : sourceAddress(session) };
}

/** 30,000 source networks, walked so that neighbours in time differ in both bytes. */
function sourceAddress(session: number): string {
  // 120 and 250 meet again after 3,000 sessions; the last term moves each such lap by one.
  return `127.${1 + (session % 120)}.${(session * 7 + Math.floor(session / 3_000)) % 250}.1`;
}
