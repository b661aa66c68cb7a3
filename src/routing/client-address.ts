/** Routing: the client's address behind proxies. Pure. */

import ipaddr from "ipaddr.js";

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];
export type Trust = (address: string) => boolean;

/** Words that Express knows for `trust proxy`. */
const NAMED: Record<string, readonly string[]> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/**
 * @param entries addresses, networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`
 * @throws {RangeError} naming the entry that is none of these
 */
export function compileTrust(entries: readonly string[]): Trust {
  const ranges = entries.flatMap((entry) => NAMED[entry] ?? [entry]).map(parseRange);
  if (ranges.length === 0) return () => false;
  return (address) => {
    const parsed = parse(address);
    if (parsed === undefined) return false;
    return ranges.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
  };
}

/**
 * Walks `X-Forwarded-For` from the right as long as the address at hand is a trusted proxy's.
 * @param peer the address of the TCP connection @param forwardedFor the header's value, or undefined
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trust: Trust): string {
  let address = plain(peer);
  if (forwardedFor === undefined) return address;
  const hops = forwardedFor.split(",");
  while (hops.length > 0 && trust(address)) {
    const next = plain((hops.pop() as string).trim());
    // What is no address was not written by a proxy that we trust: the last good one is the client.
    if (parse(next) === undefined) break;
    address = next;
  }
  return address;
}

/** IPv4 in IPv6 is the same client as IPv4. */
function plain(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}

function parseRange(entry: string): Range {
  try {
    if (entry.includes("/")) return ipaddr.parseCIDR(entry);
    const address = ipaddr.process(entry);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    throw new RangeError(
      `${JSON.stringify(entry)} is no address, network, loopback, linklocal or uniquelocal`,
    );
  }
}
