/** Bridge, pure: what the other hosts dial where nobody says it. */

import { isIP } from "node:net";
import type { networkInterfaces } from "node:os";

type Interfaces = ReturnType<typeof networkInterfaces>;

const LOOPBACK = "127.0.0.1";

/**
 * The address that the gateway listens on, else the first of this machine that is not loopback, IPv4 before IPv6; loopback only where
 * there is no other.
 */
export function ownAddress(listening: string, interfaces: Interfaces): string {
  if (isIP(listening) !== 0 && listening !== "::" && listening !== "0.0.0.0") return listening;
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal, scopeid }) => !internal && !scopeid);
  const four = outside.find(({ family }) => family === "IPv4");
  const six = listening === "0.0.0.0" ? undefined : outside.find(({ family }) => family === "IPv6");
  return (four ?? six)?.address ?? LOOPBACK;
}
