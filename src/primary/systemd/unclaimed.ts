/** Primary, pure: the warning about sockets that systemd passed and the app never asked for. */

import type { ListenAddress } from "../../protocol/messages.js";

type Socket = { readonly fd: number; readonly name: string; readonly address: ListenAddress };

/** @returns nothing where there is none */
export function unclaimedWords(sockets: readonly Socket[]): string | undefined {
  if (sockets.length === 0) return undefined;
  const list = sockets.map(
    ({ fd, name, address }) => `${addressText(address)} (descriptor ${fd}, "${name}")`,
  );
  const they = sockets.length === 1 ? "a socket" : `${sockets.length} sockets`;
  return `${they} of LISTEN_FDS ${sockets.length === 1 ? "has" : "have"} no server, so clients wait there in vain: ${list.join(", ")}. Take them out of the socket unit, or name each with FileDescriptorName= after the port or path that the app listens on.`;
}

function addressText(address: ListenAddress): string {
  if (typeof address === "string") return address.replace(/^\0/, "@");
  return address.family === "IPv6"
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
