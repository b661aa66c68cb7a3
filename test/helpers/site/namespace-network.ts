/** Test helper: a network namespace for each place, joined by a bridge device, with iproute2. Needs root. */

import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { isRunning } from "../processes.js";
import type { Network, Place, Route } from "./network.js";

const run = promisify(execFile);

/** What is sent there arrives nowhere: no device has it, and nobody answers. */
const NOWHERE = "02:00:00:00:00:ff";

/** Devices and namespaces are named by process, so that what a killed one left is found. */
const prefixOf = (pid: number): string => `hf${pid}`;

/** @returns why not; undefined: they may be had */
export function mayHaveNamespaces(): string | undefined {
  const name = `${prefixOf(process.pid)}x`;
  const tries = [
    ["link", "add", name, "type", "bridge"],
    ["link", "del", name],
    ["netns", "add", name],
    ["netns", "del", name],
  ];
  for (const args of tries) {
    const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
    if (status !== 0) return `ip ${args.join(" ")}: ${error?.message ?? stderr.trim()}`;
  }
  return undefined;
}

let networks = 0;

export class NamespaceNetwork implements Network {
  readonly #name: string;
  readonly #subnet: string;
  readonly #namespaces: string[] = [];
  /** Of the next place; 1 is the test itself. */
  #number = 2;

  private constructor() {
    const number = ++networks;
    const { pid } = process;
    // Two runs at the same time have other pids, and so other addresses.
    this.#name = `${prefixOf(pid)}n${number}`;
    this.#subnet = `10.${64 + ((pid + number) % 128)}.${Math.floor(pid / 128) % 256}`;
  }

  static async create(): Promise<NamespaceNetwork> {
    removeLeftovers();
    const network = new NamespaceNetwork();
    await ip("link", "add", network.#name, "type", "bridge");
    process.once("exit", () => network.#removeNow());
    await ip("addr", "add", `${network.address}/24`, "dev", network.#name);
    await ip("link", "set", network.#name, "up");
    return network;
  }

  get address(): string {
    return `${this.#subnet}.1`;
  }

  async place(name: string): Promise<Place> {
    const number = this.#number++;
    const namespace = `${this.#name}-${name}`;
    const device = `${this.#name}v${number}`;
    await ip("netns", "add", namespace);
    this.#namespaces.push(namespace);
    await ip("link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    await ip("link", "set", device, "master", this.#name, "up");
    const address = `${this.#subnet}.${number}`;
    await ip("-n", namespace, "addr", "add", `${address}/24`, "dev", "eth0");
    for (const own of ["lo", "eth0"]) await ip("-n", namespace, "link", "set", own, "up");
    return { name, address, within: ["nsenter", `--net=/var/run/netns/${namespace}`] };
  }

  async route(from: Place, to: Place, port: number): Promise<Route> {
    const ways = [
      [this.#namespaceOf(from), to.address],
      [this.#namespaceOf(to), from.address],
    ] as const;
    const each = async (...verb: readonly string[]): Promise<void> => {
      for (const [namespace, address] of ways) {
        const known = verb[0] === "replace" ? ["lladdr", NOWHERE, "nud", "permanent"] : [];
        await ip("-n", namespace, "neigh", ...verb, address, "dev", "eth0", ...known);
      }
    };
    return {
      address: to.address,
      port,
      cut: () => each("replace"),
      heal: () => each("del"),
    };
  }

  async remove(): Promise<void> {
    this.#removeNow();
  }

  #namespaceOf(place: Place): string {
    return `${this.#name}-${place.name}`;
  }

  #removeNow(): void {
    for (const namespace of this.#namespaces.splice(0)) quietly("netns", "del", namespace);
    quietly("link", "del", this.#name);
  }
}

async function ip(...args: readonly string[]): Promise<void> {
  await run("ip", args);
}

function quietly(...args: readonly string[]): string {
  return spawnSync("ip", args, { encoding: "utf8" }).stdout ?? "";
}

/** Of test processes that were killed. */
function removeLeftovers(): void {
  const isLeft = (name: string): boolean => {
    const pid = Number(/^hf(\d+)n/.exec(name)?.[1] ?? Number.NaN);
    return pid !== process.pid && Number.isInteger(pid) && !isRunning(pid);
  };
  const namesIn = (text: string, name: RegExp): string[] =>
    [...text.matchAll(name)].map(([, found = ""]) => found).filter(isLeft);
  for (const namespace of namesIn(quietly("netns", "list"), /^(\S+)/gm)) quietly("netns", "del", namespace);
  const devices = quietly("-br", "link", "show", "type", "bridge");
  for (const device of namesIn(devices, /^(\S+)/gm)) quietly("link", "del", device);
}
