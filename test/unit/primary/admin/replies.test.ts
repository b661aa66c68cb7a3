import { expect, test } from "vitest";
import type { Health } from "../../../../src/primary/admin/health.js";
import { replyTo } from "../../../../src/primary/admin/replies.js";
import { fleetStatus } from "../../../../src/primary/status.js";
import type { WorkerSnapshot } from "../../../../src/protocol/messages.js";
import type { SiteStatus } from "../../../../src/protocol/status.js";
import { fleetSettings } from "../fleet-settings.js";
import { healthyFleet } from "../lifecycle/simulator.js";

const YES = { ok: true, why: "it is" };
const NO = { ok: false, why: "it is not" };

function source(health: Partial<Health> = {}) {
  const fleet = healthyFleet({ workers: 1 });
  const settings = fleetSettings({
    name: "chat",
    entry: "/srv/secret-place/app.js",
    args: ["--token=s3cret"],
    nodeArgs: ["--require=/srv/s3cret.js"],
    trustProxy: ["10.1.2.3"],
  });
  const snapshot = { sessions: 7, rss: 1e8 } as WorkerSnapshot;
  const listening = [{ address: "10.9.8.7", family: "IPv4", port: 3000 }];
  const report = { snapshot, listening, heardAt: fleet.now };
  const status = fleetStatus(fleet.state, {
    ...{ settings, version: "1.2.3", pid: 4711, now: fleet.now, memory: null, site: null },
    reportOf: () => report,
  });
  return { health: () => ({ live: YES, ready: YES, started: YES, ...health }), status: () => status };
}

test.each([
  ["/livez", "live"],
  ["/readyz", "ready"],
  ["/startupz", "started"],
] as const)("%s says yes with 200 and no with 503, and why", (path, question) => {
  expect(replyTo("GET", path, source())).toMatchObject({ code: 200, body: "ok: it is\n" });
  expect(replyTo("HEAD", `${path}?verbose`, source())).toMatchObject({ code: 200 });
  expect(replyTo("GET", path, source({ [question]: NO }))).toMatchObject({
    code: 503,
    body: "no: it is not\n",
  });
});

test("/healthz tells the state of the fleet, with the code of /readyz", () => {
  const reply = replyTo("GET", "/healthz", source());
  expect(reply).toMatchObject({ code: 200, type: "application/json" });
  expect(JSON.parse(reply.body)).toEqual({
    ...{ schemaVersion: 1, name: "chat", version: "1.2.3", state: "ready", uptime: 5000, drainIn: null },
    ...{ sessions: 7, live: true, ready: true, started: true, why: "it is", site: null },
    workers: [{ slot: 0, state: "ready", generation: 1, uptime: 5000, restarts: 0, sessions: 7 }],
  });
  expect(replyTo("GET", "/healthz", source({ ready: NO })).code).toBe(503);
});

test("/healthz tells how the site is, and no address of another host; the code is that of /readyz all the same", () => {
  const hosts = [
    { host: 3, fleet: "b", address: "10.0.0.3", port: 7600, workers: 1, sessions: 0, version: "1" },
  ];
  const site: SiteStatus = {
    ...{ host: 7, redis: "down", why: "ECONNREFUSED", since: 2000, hosts, published: 1, publishedBytes: 2 },
    ...{ received: 3, receivedBytes: 4, gaps: 1, dropped: 2, queuedBytes: 5 },
    forward: { accepted: 0, open: 0, refused: 0 },
    bridge: { pid: 4711, restarts: 0, rss: 100_000_000, cpu: 1 },
  };
  const alone = source();
  const reply = replyTo("GET", "/healthz", { ...alone, status: () => ({ ...alone.status(), site }) });
  expect(reply.code).toBe(200);
  expect(JSON.parse(reply.body).site).toEqual({
    ...{
      host: 7,
      redis: "down",
      why: "ECONNREFUSED",
      since: 2000,
      hosts: 1,
      queuedBytes: 5,
      dropped: 2,
      gaps: 1,
    },
  });
  expect(reply.body).not.toMatch(/10\.0|4711|100000000/);
});

test("/healthz says nothing of paths, arguments, addresses and processes", () => {
  expect(replyTo("GET", "/healthz", source()).body).not.toMatch(/secret|s3cret|srv|10\.|4711|100000000/);
});

test.each([
  "/",
  "",
  "*",
  "/readyz/",
  "/READYZ",
  "//readyz",
  "/metric",
  "/__proto__",
  "/constructor",
  "/readyz%00",
])("there is no %j", (path) => {
  expect(replyTo("GET", path, source())).toMatchObject({ code: 404 });
  expect(replyTo("POST", path, source())).toMatchObject({ code: 404 });
});

test.each(["POST", "PUT", "DELETE", "OPTIONS", "get", ""])("%j is no way to ask", (method) => {
  expect(replyTo(method, "/readyz", source())).toMatchObject({ code: 405, allow: "GET, HEAD" });
});
