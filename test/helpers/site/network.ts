/** Test helper: places that processes run in as on machines of their own, each with an address, joined by a network that can be cut. */

import { LoopbackNetwork } from "./loopback-network.js";
import { mayHaveNamespaces, NamespaceNetwork } from "./namespace-network.js";

/** Where the processes of one machine run. */
export type Place = {
  readonly name: string;
  readonly address: string;
  /** A command that runs the command behind it in this place; empty: any does. */
  readonly within: readonly string[];
};

/** How one place reaches a server in another one. */
export type Route = {
  readonly address: string;
  readonly port: number;
  /** From now on nothing passes, either way, and nobody is told: as when a cable is pulled. */
  cut(): Promise<void>;
  /** Whatever has not been given up arrives. */
  heal(): Promise<void>;
};

export type Network = {
  /** The address of the test itself, and of what it runs without a place. */
  readonly address: string;
  place(name: string): Promise<Place>;
  route(from: Place, to: Place, port: number): Promise<Route>;
  /** Ends everything; processes in its places must have ended. */
  remove(): Promise<void>;
};

let told = false;

/** Network namespaces where they are allowed (Linux, root); else addresses of the loopback interface, with relays that can be cut. */
export async function createNetwork(): Promise<Network> {
  const refusal = mayHaveNamespaces();
  if (refusal === undefined) return NamespaceNetwork.create();
  if (!told) console.warn(`HOSTS SHARE ONE NETWORK: network namespaces are not allowed here (${refusal}).`);
  told = true;
  return new LoopbackNetwork();
}
