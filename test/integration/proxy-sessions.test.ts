/** Promise: behind a real nginx, HAProxy, Caddy or Apache with `--sticky sid` sessions from one address are spread, and each keeps its worker. */

import type { Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  TRANSPORTS,
  type TransportName,
  talkOnAll,
  talkOnKeptConnections,
} from "../helpers/every-transport.js";
import { get } from "../helpers/http-client.js";
import { echoes, openInWaves, spread, twoHeartbeats } from "../helpers/many-sessions.js";
import { ProxiedFleet } from "../helpers/proxied-fleet.js";
import { REAL_PROXIES } from "../helpers/real-proxy.js";

const WORKERS = 4;
const SESSIONS = 200;
const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];
const EVENNESS = 1.3;
/** Connections for each request: 1 or more where none is kept. All sessions have a request that waits, so it cannot be few. */
const KEPT = 0.8;

describe.each(REAL_PROXIES)("%s", (kind) => {
  let fleet: ProxiedFleet;
  beforeAll(async () => {
    fleet = await ProxiedFleet.start({ kind, workers: WORKERS });
    // The worker whose code is compiled first answers its handshakes first, and would be given more of one burst than the others.
    const { errors } = await talkOnAll(fleet.url, SESSIONS / 2);
    expect(errors).toEqual([]);
  });
  afterAll(() => fleet?.stop());

  it.each(TRANSPORT_NAMES)(
    `${SESSIONS} sessions by %s are spread, hold, echo, and never go astray`,
    async (transport) => {
      // A connection that is still closing counts for a proxy that looks for the fewest.
      await fleet.idle();
      const before = await fleet.arrivals();
      const sockets: Socket[] = [];
      const disconnected: string[] = [];
      try {
        await openInWaves(fleet.url, transport, SESSIONS, sockets, disconnected);
        expect(spread(sockets, WORKERS)).toBeLessThanOrEqual(EVENNESS);
        await Promise.all([...sockets.map(twoHeartbeats), ...sockets.map(echoes)]);
        await Promise.all(sockets.map(echoes));
        expect(disconnected).toEqual([]);
        const { requests, strays } = await fleet.arrivals();
        expect(strays).toBe(0);
        // A WebSocket opened at once has no sid to bring.
        if (transport !== "websocket") expect(requests - before.requests).toBeGreaterThanOrEqual(SESSIONS);
      } finally {
        for (const socket of sockets) socket.disconnect();
      }
    },
  );

  it("keeps its connections to the workers, with every session on them", async () => {
    const before = await fleet.arrivals();
    const { errors } = await talkOnKeptConnections(fleet.url, SESSIONS);
    expect(errors).toEqual([]);
    const { requests, connections, strays } = await fleet.arrivals();
    const opened = connections - before.connections;
    expect(opened).toBeLessThan(KEPT * (requests - before.requests));
    expect(strays).toBe(0);
  });

  it("tells the worker who asked, for which host and over what", async () => {
    const headers = JSON.parse(await get(`${fleet.url}/forwarded`)) as Record<string, string>;
    expect(headers).toMatchObject({
      host: `127.0.0.1:${fleet.proxy.port}`,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
    });
  });

  it("says last, behind whatever a client forged, where the client is, and nothing of Forwarded", async () => {
    const forged = { "X-Forwarded-For": "6.6.6.6", Forwarded: "for=6.6.6.6", "X-Forwarded-Proto": "https" };
    const headers = JSON.parse(await get(`${fleet.url}/forwarded`, { headers: forged })) as Record<
      string,
      string
    >;
    expect(headers["x-forwarded-for"]).toMatch(/^(?:6\.6\.6\.6, )?127\.0\.0\.1$/);
    expect(headers["x-forwarded-proto"]).toBe("http");
    expect(headers).not.toHaveProperty("forwarded");
  });
});
