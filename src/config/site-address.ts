/** Config, pure: where this host's gateway listens, and what the other hosts dial. */

import { isIP } from "node:net";
import { MAX_PORT } from "./limits.js";

export type SiteListen = { readonly host: string; readonly port: number };
export type Advertised = { readonly host: string; readonly port?: number };

/** All addresses: Node's own word for them. */
export const EVERY_ADDRESS = "::";

/**
 * @param text `10.0.0.7:7600`, `[::1]:7600`, `7600`, `10.0.0.7` or `[::1]`; port 0 or none: any free one
 * @returns undefined for anything else
 */
export function parseSiteListen(text: string): SiteListen | undefined {
  const word = text.trim();
  if (/^\d+$/.test(word)) return withPort(EVERY_ADDRESS, word);
  const { host, port = "0" } = split(word) ?? {};
  return host !== undefined && isIP(host) !== 0 ? withPort(host, port) : undefined;
}

/** @param text an address or a name, and a port where it is another than that of the gateway @returns undefined for anything else */
export function parseAdvertised(text: string): Advertised | undefined {
  const { host, port } = split(text.trim()) ?? {};
  if (host === undefined || !isDialled(host)) return undefined;
  if (port === undefined) return { host };
  const whole = withPort(host, port);
  return whole && whole.port > 0 ? whole : undefined;
}

/** Nobody can dial "all addresses". */
function isDialled(host: string): boolean {
  if (isIP(host) !== 0) return host !== "0.0.0.0" && host !== "::";
  return /^(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.?$/.test(host) && !/^[\d.]+$/.test(host);
}

function split(text: string): { host: string; port?: string } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text);
  // An IPv6 address without brackets, which then cannot have a port.
  if (match === null) return isIP(text) === 6 ? { host: text } : undefined;
  const [, six, other = "", port] = match;
  if (six !== undefined && isIP(six) !== 6) return undefined;
  return { host: six ?? other, ...(port !== undefined && { port }) };
}

function withPort(host: string, digits: string): SiteListen | undefined {
  const port = Number(digits);
  return digits.length <= 5 && port <= MAX_PORT ? { host, port } : undefined;
}
