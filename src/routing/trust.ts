/** Routing: which hops between the client and this process are believed. Pure. */

import ipaddr from "ipaddr.js";
import type { TrustProxy } from "../config/trust-proxy.js";
import { type IpAddress, parseAddress } from "./ip-address.js";

type Range = readonly [network: IpAddress, bits: number];

/**
 * Whether what a hop says of the one behind it is believed.
 * @param address undefined for a Unix socket, which has none @param hop 0 for the peer of the connection, 1 for the one behind it
 */
export type Trust = (address: string | undefined, hop: number) => boolean;

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** Answers that are remembered: a request comes by few proxies, but whoever they serve is asked about too. */
const REMEMBERED = 512;

/** @param words as `parseTrustProxy` made them @throws {RangeError} naming the entry that is no address, network or word */
export function compileTrust(words: TrustProxy): Trust {
  if (typeof words === "boolean") return () => words;
  if (typeof words === "number") return (_address, hop) => hop < words;
  const unix = words.includes("unix");
  const isTrusted = remembering(rangesOf(words));
  return (address) => (address === undefined ? unix : isTrusted(address));
}

function rangesOf(words: readonly string[]): Range[] {
  const networks = words.filter((word) => word !== "unix");
  return networks
    .flatMap((word) => (Object.hasOwn(NAMED, word) ? (NAMED[word] ?? []) : [word]))
    .map(parseRange);
}

function remembering(ranges: readonly Range[]): (address: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const address = parseAddress(text);
    const trusted = address !== undefined && ranges.some((range) => isWithin(address, range));
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, trusted);
    return trusted;
  };
}

const isWithin = (address: IpAddress, [network, bits]: Range): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

function parseRange(entry: string): Range {
  try {
    const [network, bits] = ipaddr.parseCIDR(entry.includes("/") ? entry : `${entry}/${bitsOf(entry)}`);
    // A network of IPv4 in IPv6 is one of IPv4, since its addresses are read as such.
    const mapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96;
    return mapped ? [network.toIPv4Address(), bits - 96] : [network, bits];
  } catch {
    throw new RangeError(
      `${JSON.stringify(entry)} is no address, network, loopback, linklocal, uniquelocal or unix`,
    );
  }
}

const bitsOf = (address: string): number => (address.includes(":") ? 128 : 32);
