/** Test helper: a fleet behind a real proxy, and its clients, for the test that runs: clients first, all of it ends with the test. */

import type { Socket } from "socket.io-client";
import { onTestFinished } from "vitest";
import { type ClientOptions, newClient, type TransportName } from "./every-transport.js";
import { ProxiedFleet, type ProxiedFleetOptions } from "./proxied-fleet.js";

export async function startProxied(options: ProxiedFleetOptions): Promise<ProxiedFleet> {
  const fleet = await ProxiedFleet.start(options);
  onTestFinished(() => fleet.stop());
  return fleet;
}

/** @returns a client that begins to connect */
export function openClient(url: string, transport: TransportName, options: ClientOptions = {}): Socket {
  const socket = newClient(url, transport, options);
  onTestFinished(() => {
    socket.disconnect();
  });
  return socket;
}
