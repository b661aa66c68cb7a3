/** Worker: what plain Node says of a server that binds: its address before the descriptor is there, and its errors. */

import { existsSync } from "node:fs";
import { isIPv6 } from "node:net";
import { getSystemErrorMap } from "node:util";
import type { ListenAddress, ListenReply, ListenTarget } from "../protocol/messages.js";

type ListenFailure = Pick<Extract<ListenReply, { error: string }>, "error" | "errno" | "syscall">;

const HAS_IPV6 = !existsSync("/proc") || existsSync("/proc/net/if_inet6");
const EADDRINUSE = -98;

/** Where a server will listen, as far as that is known: a port that the system chooses is 0 until `listening`. */
export function expectedAddress(target: ListenTarget): ListenAddress {
  if (target.kind === "pipe") return target.path;
  const address = target.host ?? (HAS_IPV6 ? "::" : "0.0.0.0");
  return { address, family: isIPv6(address) ? "IPv6" : "IPv4", port: target.port };
}

/** Another server of this process listens there. */
export function addressInUse(target: ListenTarget): Error {
  return listenError({ error: "EADDRINUSE", errno: EADDRINUSE, syscall: "listen" }, target);
}

/** The error that plain Node emits, with the same fields. */
export function listenError({ error, errno, syscall }: ListenFailure, target: ListenTarget): Error {
  const [, description = error] = getSystemErrorMap().get(errno) ?? [];
  const address = target.kind === "pipe" ? target.path : (target.host ?? "::");
  const port = target.kind === "pipe" ? -1 : target.port;
  const where = port > 0 ? `${address}:${port}` : address;
  const fields = { code: error, errno, syscall, address, ...(port !== 0 && { port }) };
  return Object.assign(new Error(`${syscall} ${error}: ${description} ${where}`), fields);
}
