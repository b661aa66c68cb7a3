import { expect, test } from "vitest";
import { siteAnswer, siteNotes, siteText } from "../../../src/cli/site-notes.js";
import type { FleetStatus, SiteStatus } from "../../../src/protocol/status.js";

const site: SiteStatus = {
  host: 7,
  bridge: { pid: 4713, restarts: 0, rss: 61_000_000, cpu: 1 },
  redis: "up",
  why: null,
  since: 60_000,
  hosts: [],
  ...{
    published: 5,
    publishedBytes: 50,
    received: 6,
    receivedBytes: 60,
    gaps: 0,
    dropped: 0,
    queuedBytes: 0,
  },
  forward: { accepted: 1, open: 0, refused: 0 },
};
const other = { fleet: "chat", port: 7600, workers: 4, sessions: 12, version: "1.0.0" };
const hosts = [
  { ...other, host: 900, address: "fd00::9" },
  { ...other, host: 3, address: "10.0.0.3" },
];
const away = { redis: "down", why: "ECONNREFUSED", since: 65_000, queuedBytes: 2_400_000 } as const;

test.each<[SiteStatus | null, string[]]>([
  [null, []],
  [site, ["bridge: host 7, no other host · Redis up · 61.0 MB"]],
  [{ ...site, hosts }, ["bridge: host 7, 2 other hosts · Redis up · 61.0 MB"]],
  [
    { ...site, ...away, hosts: hosts.slice(1) },
    [
      "bridge: host 7, 1 other host · Redis is away for 1m 05s (ECONNREFUSED) · 2.4 MB wait for Redis · 61.0 MB",
    ],
  ],
  [
    { ...site, host: null, ...away, queuedBytes: 0, bridge: { ...site.bridge, rss: null } },
    ["bridge: waits for its host number · Redis is away for 1m 05s (ECONNREFUSED)"],
  ],
  [
    {
      ...{ ...site, ...away, why: "the bridge was killed by SIGKILL", queuedBytes: 0 },
      bridge: { pid: null, restarts: 1, rss: null, cpu: null },
    },
    [
      "bridge: host 7, no other host · the bridge is away for 1m 05s (the bridge was killed by SIGKILL) · 1 restart",
    ],
  ],
  [
    { ...site, dropped: 2, gaps: 1, forward: { ...site.forward, refused: 3 } },
    ["bridge: host 7, no other host · Redis up · 2 dropped · 1 gap · 3 links refused · 61.0 MB"],
  ],
])("the line of %j", (status, lines) => expect(siteNotes({ site: status })).toEqual(lines));

test("a primary of an earlier version says nothing of a site", () => expect(siteNotes({})).toEqual([]));

const fleet = {
  name: "chat",
  version: "1.1.0",
  sessions: 9,
  workers: [{}, {}],
  site,
} as unknown as FleetStatus;

test("--site shows this host first, then the others by number", () => {
  expect(siteText({ ...fleet, site: { ...site, hosts } }, { ...site, hosts }).split("\n")).toEqual([
    "bridge: host 7, 2 other hosts · Redis up · 61.0 MB",
    "",
    "host      fleet  address         workers  sessions  version",
    "7 (this)  chat   -               2        9         1.1.0",
    "3         chat   10.0.0.3:7600   4        12        1.0.0",
    "900       chat   [fd00::9]:7600  4        12        1.0.0",
  ]);
});

test("--site --json has this host and the others", () => {
  expect(siteAnswer(fleet, { ...site, hosts })).toMatchObject({
    schemaVersion: 1,
    host: 7,
    redis: "up",
    self: { fleet: "chat", workers: 2, sessions: 9 },
    hosts: [{ host: 3 }, { host: 900 }],
  });
});
