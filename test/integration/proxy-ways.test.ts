/** Promise: Unix sockets, and the other ways to stick, do behind a real proxy what docs/deploy says of them. */

import type { Socket } from "socket.io-client";
import { describe, expect, it } from "vitest";
import { waysOf } from "../../src/proxy/kinds.js";
import { connected, slotOf, talkOnAll } from "../helpers/every-transport.js";
import { openClient, startProxied } from "../helpers/proxied-test.js";
import { REAL_PROXIES } from "../helpers/real-proxy.js";

const SESSIONS = 20;
const WORKERS = 4;

/** Sessions that poll, each with cookies and a header of its own, and have answered. */
async function pollers(url: string): Promise<Socket[]> {
  const sockets = Array.from({ length: SESSIONS }, (_, index) =>
    openClient(url, "polling", { withCredentials: true, extraHeaders: { "X-User": `user ${index}` } }),
  );
  await Promise.all(sockets.map(connected));
  for (const turn of [1, 2, 3]) {
    await Promise.all(sockets.map((socket) => socket.timeout(15_000).emitWithAck("echo", turn)));
  }
  return sockets;
}

describe.each(REAL_PROXIES)("%s", (kind) => {
  it("a Unix socket for each worker: every transport, no strays", async () => {
    const fleet = await startProxied({ kind, workers: WORKERS, sockets: true });
    const { slots, errors } = await talkOnAll(fleet.url, SESSIONS);
    expect(errors).toEqual([]);
    expect([...slots].sort()).toEqual([0, 1, 2, 3]);
    const { requests, strays } = await fleet.arrivals();
    expect(requests).toBeGreaterThan(SESSIONS);
    expect(strays).toBe(0);
  });

  if (waysOf(kind).includes("ip-hash"))
    it("--sticky ip-hash: sessions from one address are on one worker, and stay there", async () => {
      const fleet = await startProxied({ kind, workers: WORKERS, sticky: "ip-hash" });
      const slots = (await pollers(fleet.url)).map(slotOf);
      expect(new Set(slots).size).toBe(1);
      expect((await fleet.arrivals()).strays).toBe(0);
    });

  if (waysOf(kind).includes("header"))
    it("--sticky header: sessions are spread by their header, and with it they stay", async () => {
      const fleet = await startProxied({ kind, workers: WORKERS, sticky: "header" });
      const slots = (await pollers(fleet.url)).map(slotOf);
      expect(new Set(slots).size).toBeGreaterThan(1);
      const { requests, strays } = await fleet.arrivals();
      expect(requests).toBeGreaterThan(SESSIONS);
      expect(strays).toBe(0);
    });

  it("--sticky cookie: sessions are spread, and with their cookie they stay", async () => {
    const fleet = await startProxied({ kind, workers: WORKERS, sticky: "cookie", env: { POLICY: "cookie" } });
    const slots = (await pollers(fleet.url)).map(slotOf);
    expect(new Set(slots).size).toBeGreaterThan(1);
    const { requests, strays } = await fleet.arrivals();
    expect(requests).toBeGreaterThan(SESSIONS);
    expect(strays).toBe(0);
  });
});
