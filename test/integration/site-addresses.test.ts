/**
 * Promise: what comes to one host for a session of another has the client's address as the host that it came to saw it, by what that host believes
 * of proxies: not the address of a host, and nothing that a client made up. Bridges are played: no Redis is needed.
 */

import { Agent } from "node:http";
import { createConnection, type NetConnectOpts } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Addresses, addressesSeen } from "../helpers/addresses.js";
import type { ClientOptions } from "../helpers/every-transport.js";
import type { Fleet } from "../helpers/fleet.js";
import { TwoHosts } from "../helpers/site/bridge.js";
import { moreStrays } from "../helpers/strays.js";

/** Host 1 believes it, host 2 does not. */
const PROXY = "127.0.0.9";
const CLIENT = "203.0.113.5";
const STRANGER = "127.0.0.8";
/** The client has written the first one, the proxy the second. */
const FORWARDED_FOR = `10.9.9.9, ${CLIENT}`;

let site: TwoHosts;
beforeAll(async () => {
  site = await TwoHosts.start(
    "apps/addresses.mjs",
    [1, 1],
    // Host 2 would believe the hosts themselves, and the client, if it asked again what host 1 has found out.
    [
      ["--trust-proxy", PROXY],
      ["--trust-proxy", "127.0.0.1,203.0.113.0/24"],
    ],
  );
});
afterAll(() => site?.stop());

/** An unchanged client whose first connection goes to `first` and all others to `then`, as a balancer that knows no sessions may have it. */
function through(first: Fleet, then: Fleet, localAddress: string): ClientOptions {
  const agent = new Agent();
  let connections = 0;
  agent.createConnection = (options) => {
    const { port } = connections++ === 0 ? first : then;
    return createConnection({ ...options, port, localAddress } as NetConnectOpts);
  };
  return { agent: agent as unknown as string, extraHeaders: { "X-Forwarded-For": FORWARDED_FOR } };
}

type Way = { readonly opened: Fleet; readonly astray: Fleet; readonly from: string };

/** @returns what the app saw of the handshake, of the requests behind it, and, with "upgrade", of the WebSocket */
async function seenBy(
  transport: "polling" | "upgrade",
  { opened, astray, from }: Way,
): Promise<readonly (string | undefined)[]> {
  const { addresses } = await addressesSeen(opened.url, transport, through(opened, astray, from));
  const { handshake, seen, upgraded } = addresses as Addresses;
  return [handshake, ...seen, ...(transport === "upgrade" ? [upgraded] : [])];
}

describe.each(["polling", "upgrade"] as const)("with %s", (transport) => {
  const expected = (handshake: string, astray: string): string[] =>
    transport === "upgrade" ? [handshake, astray, astray] : [handshake, astray];

  it("what came by the host that believes the proxy has the address that it named", async () => {
    const way = { opened: site.far, astray: site.near, from: PROXY };
    expect(await seenBy(transport, way)).toEqual(expected(PROXY, CLIENT));
  });

  it("what came by the host that does not has the proxy's own", async () => {
    const way = { opened: site.near, astray: site.far, from: PROXY };
    expect(await seenBy(transport, way)).toEqual(expected(CLIENT, PROXY));
  });

  it("nobody is believed who is no proxy, whichever host has the session", async () => {
    for (const [opened, astray] of [
      [site.near, site.far],
      [site.far, site.near],
    ] as const) {
      const way = { opened, astray, from: STRANGER };
      expect(await seenBy(transport, way)).toEqual(expected(STRANGER, STRANGER));
    }
  });
});

it("these went astray between the hosts, both ways", async () => {
  for (const fleet of [site.near, site.far]) {
    await moreStrays(fleet, "requestsForwardedToHosts", 0);
    await moreStrays(fleet, "upgradesTunnelledToHosts", 0);
  }
});
