/** Test helper: what the app of test/fixtures/apps/addresses.mjs saw of a client's address, everywhere it can look. */

import { Agent } from "node:http";
import { expect } from "vitest";
import type { ClientOptions, TransportName } from "./every-transport.js";
import { connected, newClient, slotOf, upgraded } from "./every-transport.js";

export type Addresses = {
  readonly handshake?: string;
  readonly engine?: string;
  readonly request?: string;
  readonly connection?: string;
  readonly family?: string;
  readonly port?: number;
  readonly allowed?: string;
  /** By a middleware of the engine, in every request of the session that named it. */
  readonly seen: readonly string[];
  readonly secure: boolean;
  readonly transport: string;
  /** Of the WebSocket's own connection. */
  readonly upgraded?: string;
};

/** For a client that connects from this one of the machine's addresses. */
export function from(localAddress: string): ClientOptions {
  // It is handed to Node as it is, whatever its type says.
  return { agent: new Agent({ localAddress }) as unknown as string };
}

/** One client that connects, is upgraded if it is to be, and asks. */
export async function addressesSeen(
  url: string,
  transport: TransportName,
  options: ClientOptions = {},
): Promise<{ slot: number; addresses: Addresses }> {
  const socket = newClient(url, transport, options);
  try {
    await connected(socket);
    if (transport === "upgrade") await upgraded(socket);
    const addresses = (await socket.timeout(15_000).emitWithAck("addresses")) as Addresses;
    return { slot: slotOf(socket), addresses };
  } finally {
    socket.disconnect();
  }
}

/** Wherever the app looks it sees this address. */
export function expectEverywhere(addresses: Addresses, address: string, transport: TransportName): void {
  const { handshake, engine, request, connection, allowed, seen, family } = addresses;
  expect({ handshake, engine, request, connection, allowed, family }).toEqual({
    handshake: address,
    engine: address,
    request: address,
    connection: address,
    allowed: address,
    family: address.includes(":") ? "IPv6" : "IPv4",
  });
  expect(seen).toEqual(transport === "websocket" ? [] : [address]);
  if (transport !== "polling") expect(addresses.upgraded).toBe(address);
}

/** Ten clients on each transport, each with an address of its own. @param optionsFor what makes its proxy say so */
export async function expectEachToBeSeen(
  url: string,
  optionsFor: (address: string) => ClientOptions,
  addressOf: (index: number) => string = (index) => `203.0.113.${index + 1}`,
): Promise<void> {
  for (const transport of ["polling", "websocket", "upgrade"] as const) {
    const indices = Array.from({ length: 10 }, (_, index) => index);
    await Promise.all(
      indices.map(async (index) => {
        const address = addressOf(index);
        const { addresses } = await addressesSeen(url, transport, optionsFor(address));
        expectEverywhere(addresses, address, transport);
      }),
    );
  }
}
