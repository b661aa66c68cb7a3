/** Routing: addresses in text, as sockets and headers have them, in the one form by which they are compared and shown. Pure. */

import ipaddr from "ipaddr.js";

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * @param text IPv4 in four decimal parts or IPv6, perhaps with a zone
 * @returns IPv4 in IPv6 (`::ffff:203.0.113.9`) as IPv4: it is the same client; undefined for anything else
 */
export function parseAddress(text: string): IpAddress | undefined {
  // What is longer is no address, and not worth a look.
  if (text.length > 64) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  // `::10.0.0.1` is not 10.0.0.1 (RFC 4291, 2.5.5.1), though ipaddr.js takes it for that; this form of it, it does not.
  const ipv6 = text.replace(/^::(?=\d+\.)/, "0::");
  return text.includes(":") && ipaddr.IPv6.isValid(ipv6) ? ipaddr.process(ipv6) : undefined;
}

/** The same client is the same text: IPv4 in IPv6 as IPv4, IPv6 as RFC 5952 writes it; what is no address as it is. */
export function canonicalAddress(text: string): string {
  return parseAddress(text)?.toString() ?? text;
}
