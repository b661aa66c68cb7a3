/** Config, pure: `--admin`: where the primary answers questions about its health. */

import { isIP } from "node:net";
import { MAX_PORT } from "./limits.js";

export type AdminAddress = { readonly host: string; readonly port: number };

/** Who asks for a port alone does not ask for the whole network to see it. */
const DEFAULT_HOST = "127.0.0.1";

/**
 * @param text `9464`, `127.0.0.1:9464` or `[::1]:9464`
 * @returns undefined for anything else: a name, an address without brackets or without a port, port 0 or one past 65535
 */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  const match = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):)?(\d{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const [, six, four, digits] = match;
  const port = Number(digits);
  const host = six ?? four ?? DEFAULT_HOST;
  if (port < 1 || port > MAX_PORT || isIP(host) !== (six === undefined ? 4 : 6)) return undefined;
  return { host, port };
}

/** As a URL has it. */
export function adminAddressText({ host, port }: AdminAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
