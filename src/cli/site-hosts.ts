/** CLI: from the hosts of a site file to hosts with backends. Pure. */

import type { Backend, Host } from "../proxy/site.js";
import { AddressProblem, backendAddress, tcpAddress } from "./backend-address.js";
import type { WrittenHost } from "./site-schema.js";
import { firstSlots, parseListen, slotBackends } from "./slot-backends.js";
import type { WrittenSite } from "./written-site.js";

/** @param folder of the file @throws {UsageError} ERR_SITE_FILE with the place of what is wrong */
export function hostsOf(written: WrittenSite, hosts: readonly WrittenHost[], folder: string): Host[] {
  const made = hosts.map((host, at) => hostOf(written, host, at, folder));
  refuseTwice(written, made);
  refuseMixed(written, made);
  return made;
}

function hostOf(written: WrittenSite, host: WrittenHost, at: number, folder: string): Host {
  const ways = (["port", "listen", "backends"] as const).filter((key) => host[key] !== undefined);
  const [way, second] = ways;
  if (second !== undefined)
    throw written.refusal(
      ["hosts", at],
      `has both "${way}" and "${second}", which both say where its workers listen: write one of them`,
    );
  if (host.weight !== undefined && way !== "port")
    throw written.refusal(
      ["hosts", at, "weight"],
      'is for hosts whose workers share one "port": workers with one each are equal',
    );
  if (host.workers !== undefined && way !== "listen")
    throw written.refusal(["hosts", at, "workers"], 'belongs to "listen": leave it out');
  switch (way) {
    case "port":
      return { number: host.number, backends: [wholeHost(written, host, at)] };
    case "listen":
      return { number: host.number, backends: ownSockets(written, host, at, folder) };
    case "backends":
      return { number: host.number, backends: listed(written, host, at) };
    default:
      throw written.refusal(
        ["hosts", at],
        'does not say where its workers listen: write "port" (all share it), "listen" with "workers" (one each), or "backends"',
      );
  }
}

function wholeHost(written: WrittenSite, host: WrittenHost, at: number): Backend {
  const address = addressOf(written, host, at);
  const backend = { address: checked(written, at, "address", () => tcpAddress(address, host.port ?? 0)) };
  return host.weight === undefined ? backend : { ...backend, weight: host.weight };
}

function ownSockets(written: WrittenSite, host: WrittenHost, at: number, folder: string): Backend[] {
  const { listen = "", workers } = host;
  if (workers === undefined)
    throw written.refusal(["hosts", at], 'has "listen" but not "workers": say how many there are');
  return checked(written, at, "listen", () => {
    const sockets = parseListen(listen, folder);
    if (sockets.kind === "pipes" && host.address !== undefined)
      throw new AddressProblem(`${listen} and "address" exclude each other: a Unix socket has no address`);
    const address = sockets.kind === "pipes" ? "" : addressOf(written, host, at);
    return slotBackends(sockets, firstSlots(workers), () => address);
  });
}

function listed(written: WrittenSite, { address, backends = [] }: WrittenHost, at: number): Backend[] {
  if (address !== undefined)
    throw written.refusal(
      ["hosts", at, "address"],
      'says nothing beside "backends", which have addresses of their own: leave it out',
    );
  return backends.map((text, slot) => ({
    slot,
    address: checked(written, at, `backends[${slot}]`, () => backendAddress(text)),
  }));
}

function addressOf(written: WrittenSite, { address }: WrittenHost, at: number): string {
  if (address !== undefined) return address;
  throw written.refusal(["hosts", at, "address"], "must be a name or an IP address, but is missing");
}

function checked<Value>(written: WrittenSite, at: number, key: string, make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof AddressProblem)) throw error;
    throw written.refusal(["hosts", at, key], error.message);
  }
}

function refuseTwice(written: WrittenSite, hosts: readonly Host[]): void {
  const numbers = new Map<number, number>();
  const addresses = new Map<string, number>();
  for (const [at, { number, backends }] of hosts.entries()) {
    const same = numbers.get(number);
    if (same !== undefined)
      throw written.refusal(
        ["hosts", at, "number"],
        `is ${number}, and so is that of hosts[${same}]: each host needs its own, the one of its --host-number`,
      );
    numbers.set(number, at);
    for (const { address } of backends) {
      const other = addresses.get(address);
      if (other !== undefined)
        throw written.refusal(["hosts", at], `has the address ${address}, and so has hosts[${other}]`);
      addresses.set(address, at);
    }
  }
}

function refuseMixed(written: WrittenSite, hosts: readonly Host[]): void {
  const isWhole = ({ backends }: Host): boolean => backends[0]?.slot === undefined;
  const other = hosts.findIndex((host) => isWhole(host) !== isWhole(hosts[0] as Host));
  if (other === -1) return;
  const words = (host: Host): string => (isWhole(host) ? "one address for all its workers" : "one for each");
  throw written.refusal(
    ["hosts", other],
    `has ${words(hosts[other] as Host)}, hosts[0] ${words(hosts[0] as Host)}: all hosts of a site must be of the same kind`,
  );
}
