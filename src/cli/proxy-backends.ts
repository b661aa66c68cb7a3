/** CLI: the host that the flags of `holdfast proxy` describe; what they leave out is asked of the running fleet. */

import { HoldfastError, UsageError } from "../base/errors.js";
import { MAX_HOSTS, MAX_SLOTS } from "../config/limits.js";
import type { Backend, Host } from "../proxy/site.js";
import { AddressProblem, backendAddress } from "./backend-address.js";
import { findFleet } from "./find-fleet.js";
import type { ProxyFlags } from "./proxy-options.js";
import { wholeNumber } from "./proxy-values.js";
import { hostOfFleet, slotsOf } from "./running-backends.js";
import { firstSlots, parseListen, slotBackends } from "./slot-backends.js";

export type FleetHosts = { readonly name?: string; readonly hosts: readonly Host[] };

/** @returns whether flags say where somebody listens, so that neither file nor fleet is asked */
export function flagsSayWhere({ listen, backend, host }: ProxyFlags): boolean {
  return listen !== undefined || backend !== undefined || host !== undefined;
}

/**
 * @returns hosts with a backend for each slot, in order, or one for each host
 * @throws {UsageError} ERR_USAGE for flags that say too little or cannot be; what `findFleet` throws where the fleet is asked
 */
export async function fleetHosts(flags: ProxyFlags): Promise<FleetHosts> {
  refusePairs(flags);
  if (flags.host !== undefined) return { hosts: wholeHosts(flags) };
  const given = hostNumber(flags);
  if (flags.backend !== undefined) return { hosts: [{ number: given ?? 0, backends: listed(flags) }] };
  if (flags.listen !== undefined) return listening(flags, flags.listen, given);
  if (flags.workers !== undefined) {
    throw refusal(
      "--workers alone does not say where they listen: --listen ports:4000 (slot i on port 4000 + i), --listen pipes:/folder, or a --backend HOST:PORT for each of them",
    );
  }
  const { status } = await anyFleet(flags.name);
  const host = hostOfFleet(status);
  return { name: status.name, hosts: [{ ...host, number: given ?? host.number }] };
}

function refusePairs(flags: ProxyFlags): void {
  const [first, second] = (["listen", "backend", "host"] as const).filter(
    (flag) => flags[flag] !== undefined,
  );
  if (first === undefined || second === undefined) return;
  throw refusal(`--${first} and --${second} both say where the workers listen: write one of them`);
}

function hostNumber({ hostNumber }: ProxyFlags): number | undefined {
  return hostNumber === undefined ? undefined : wholeNumber("--host-number", hostNumber, 0, MAX_HOSTS - 1);
}

async function listening(
  { name, workers }: ProxyFlags,
  listen: string,
  given: number | undefined,
): Promise<FleetHosts> {
  // The loopback: whose workers are elsewhere has a site file.
  const backends = (slots: readonly number[]): Backend[] =>
    named(
      "--listen",
      () => {
        const sockets = parseListen(listen, process.cwd());
        return slotBackends(sockets, slots, () => "127.0.0.1");
      },
      ` ${listen}`,
    );
  if (workers !== undefined) {
    const slots = firstSlots(wholeNumber("--workers", workers, 1, MAX_SLOTS));
    return { hosts: [{ number: given ?? 0, backends: backends(slots) }] };
  }
  backends([0]);
  const { status } = await findFleet(name);
  return {
    name: status.name,
    hosts: [{ number: given ?? status.hostNumber ?? 0, backends: backends(slotsOf(status)) }],
  };
}

/** @throws ERR_NO_FLEET that says what else there is */
async function anyFleet(name: string | undefined): ReturnType<typeof findFleet> {
  try {
    return await findFleet(name);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== "ERR_NO_FLEET") throw error;
    const hint =
      "Or say where the workers listen: --listen ports:4000 with --workers, --host, --backend or --site.";
    throw new HoldfastError("ERR_NO_FLEET", `${error.message} ${hint}`, { cause: error });
  }
}

function wholeHosts({ host = [], workers, hostNumber }: ProxyFlags): Host[] {
  if (workers !== undefined)
    throw refusal("--workers says nothing about a --host, whose workers share one port: leave it out");
  if (hostNumber !== undefined && host.length > 1)
    throw refusal("--host-number is for one --host; several are counted from 0: leave it out");
  const first = hostNumber === undefined ? 0 : wholeNumber("--host-number", hostNumber, 0, MAX_HOSTS - 1);
  return addresses("--host", host, MAX_HOSTS).map((address, index) => ({
    number: first + index,
    backends: [{ address }],
  }));
}

function listed({ backend = [], workers }: ProxyFlags): Backend[] {
  if (workers !== undefined && Number(workers) !== backend.length)
    throw refusal(`--workers is ${workers}, but there are ${backend.length} --backend: leave --workers out`);
  return addresses("--backend", backend, MAX_SLOTS).map((address, slot) => ({ slot, address }));
}

function addresses(flag: string, written: readonly string[], most: number): string[] {
  if (written.length > most)
    throw refusal(`There can be at most ${most} ${flag}, but there are ${written.length}`);
  const twice = written.find((address, at) => written.indexOf(address) !== at);
  if (twice !== undefined) throw refusal(`${flag} ${twice} stands there twice: write each address once`);
  return written.map((text) => named(flag, () => backendAddress(text)));
}

/** What is wrong with an address, with the flag before it. */
function named<Value>(flag: string, make: () => Value, written = ""): Value {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof AddressProblem)) throw error;
    const where = error.message.startsWith("must be") ? flag : `${flag}${written}`;
    throw refusal(`${where} ${error.message}`);
  }
}

function refusal(sentence: string): UsageError {
  return new UsageError("ERR_USAGE", `${sentence}.`);
}
