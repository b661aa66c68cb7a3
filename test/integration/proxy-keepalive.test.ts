/**
 * Promise: behind a real proxy that opens a connection to the worker for each request every session connects, echoes and keeps its
 * worker. What is written for each proxy keeps connections: proxy-sessions.test.ts.
 */

import { expect, it } from "vitest";
import { talkOnAll, talkOnKeptConnections } from "../helpers/every-transport.js";
import { startProxied } from "../helpers/proxied-test.js";
import { REAL_PROXIES, type RealProxyKind } from "../helpers/real-proxy.js";

const WORKERS = 4;
const SESSIONS = 200;

/** How whoever wants it so writes it. */
const NOT_KEPT: Readonly<Record<RealProxyKind, (text: string) => string>> = {
  nginx: (text) => text.replace(/^ *keepalive \d+;\n/gm, "").replace("'' '';", "'' close;"),
  haproxy: (text) => text.replace("    mode http\n", "    mode http\n    option http-server-close\n"),
  caddy: (text) => text.replace("keepalive 4s", "keepalive off"),
  apache: (text) => text.replaceAll(" ttl=4", " disablereuse=On"),
};

it.each(REAL_PROXIES)(`%s: ${SESSIONS} sessions on each transport`, async (kind) => {
  const fleet = await startProxied({ kind, workers: WORKERS, edit: NOT_KEPT[kind] });
  const { slots, errors } = await talkOnAll(fleet.url, SESSIONS);
  expect(errors).toEqual([]);
  expect([...slots].sort()).toEqual([0, 1, 2, 3]);

  const before = await fleet.arrivals();
  const polled = await talkOnKeptConnections(fleet.url, SESSIONS);
  expect(polled.errors).toEqual([]);
  const after = await fleet.arrivals();
  expect(after.connections - before.connections).toBeGreaterThanOrEqual(after.requests - before.requests);
  expect(after.strays).toBe(0);
});
