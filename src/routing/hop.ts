/** Routing: one place that a request came by, as `X-Forwarded-For`, `Forwarded` or a PROXY header name it. Pure. */

import { parseAddress } from "./ip-address.js";

export type Hop = {
  /** Undefined for a Unix socket. */
  readonly address: string | undefined;
  readonly port?: number | undefined;
};

/**
 * Reads one name of a hop.
 * @param text an address, with a port or without: `203.0.113.9`, `203.0.113.9:4711`, `[2001:db8::1]:4711`; IPv6 without a port needs no brackets
 * @returns undefined for `unknown`, for names that only the proxy understands (`_hidden`), and for what is neither
 */
export function parseHop(text: string): Hop | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([\w.-]+))?$/.exec(text) ?? [];
  if (bracketed?.includes(":") === false) return undefined;
  const address = parseAddress(bracketed ?? plain ?? text);
  // A zone is of the machine that wrote it, not of this one.
  if (address === undefined || text.includes("%")) return undefined;
  const number = port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : undefined;
  return { address: address.toString(), ...(number !== undefined && number <= 65_535 && { port: number }) };
}
