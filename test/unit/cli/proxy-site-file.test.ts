import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProxyFlags } from "../../../src/cli/proxy-options.js";
import { siteOf } from "../../../src/cli/proxy-site.js";
import type { ProxyKind } from "../../../src/proxy/kinds.js";
import type { Site } from "../../../src/proxy/site.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-site-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(text: string, name = "site.yml"): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const read = (text: string, flags: ProxyFlags = {}, kind: ProxyKind = "nginx"): Promise<Site> =>
  siteOf(kind, { site: written(text), ...flags });

const TWO = `
name: chat
serverNames: [chat.example.com]
port: 8080
pingInterval: 40s
hosts:
  - { number: 0, address: 10.0.0.1, port: 3000, weight: 2 }
  - { number: 887, address: "2001:db8::1", port: 3000 }
`;

describe("a site file", () => {
  it("describes hosts whose workers share a port", async () => {
    expect(await read(TWO)).toEqual({
      name: "chat",
      serverNames: ["chat.example.com"],
      port: 8080,
      http2: false,
      sticky: "sid",
      pingInterval: 40_000,
      pingTimeout: 20_000,
      sessions: 10_000,
      hosts: [
        { number: 0, backends: [{ address: "10.0.0.1:3000", weight: 2 }] },
        { number: 887, backends: [{ address: "[2001:db8::1]:3000" }] },
      ],
    });
  });

  it("describes hosts whose workers have an address each, in three ways", async () => {
    const { hosts } = await read(`
hosts:
  - { number: 2, address: a.example, listen: "ports:4000", workers: 2 }
  - { number: 1, listen: "pipes:sockets", workers: 1 }
  - { number: 0, backends: ["10.0.0.3:80", "unix:/run/b.sock"] }
`);
    expect(hosts).toEqual([
      {
        number: 2,
        backends: [
          { slot: 0, address: "a.example:4000" },
          { slot: 1, address: "a.example:4001" },
        ],
      },
      { number: 1, backends: [{ slot: 0, address: `unix:${folder}/sockets/0.sock` }] },
      {
        number: 0,
        backends: [
          { slot: 0, address: "10.0.0.3:80" },
          { slot: 1, address: "unix:/run/b.sock" },
        ],
      },
    ]);
  });

  it("is JSON as well", async () => {
    const path = written('{ "hosts": [{ "number": 3, "address": "a", "port": 80 }] }', "site.json");
    expect((await siteOf("caddy", { site: path })).hosts[0]?.number).toBe(3);
  });

  it("has less to say than a flag, value by value", async () => {
    const site = await read(TWO, { port: "9090", serverName: ["b.example"], name: "other" });
    expect(site).toMatchObject({
      port: 9090,
      serverNames: ["b.example"],
      name: "other",
      pingInterval: 40_000,
    });
    expect(site.hosts).toHaveLength(2);
    const moved = await read(TWO, { backend: ["127.0.0.1:1"] });
    expect(moved.hosts).toEqual([{ number: 0, backends: [{ slot: 0, address: "127.0.0.1:1" }] }]);
  });

  it("has paths that are relative to itself, flags such that are relative to where one is", async () => {
    written("", "chat.crt");
    written("", "chat.key");
    const { tls } = await read(`${TWO}tls: { certificate: chat.crt, key: chat.key }`);
    expect(tls).toEqual({ certificate: join(folder, "chat.crt"), key: join(folder, "chat.key") });
    const absolute = { tlsCert: join(folder, "chat.crt"), tlsKey: join(folder, "chat.key") };
    expect((await read(`${TWO}tls: { certificate: none.crt, key: none.key }`, absolute)).tls).toEqual(tls);
  });

  it("says for Kubernetes how many pods there are", async () => {
    const site = await read(
      "name: chat\nreplicas: 3\nworkers: 4\nimage: chat:1\nnamespace: live",
      {},
      "kubernetes",
    );
    expect(site.hosts.map(({ backends }) => backends[0]?.address)).toEqual(
      [0, 1, 2].map((pod) => `chat-${pod}.chat.live.svc.cluster.local:3000`),
    );
    expect(site.kubernetes).toEqual({ namespace: "live", image: "chat:1", workers: 4 });
  });
});

const host = (text: string): string => `hosts: [{ number: 0, address: a, port: 80 }, { ${text} }]`;

describe("one sentence, with file and place, for", () => {
  it.each([
    ["prot: 80", /site\.yml: there is no key "prot" here\. Did you mean "port"\?$/],
    ["colour: red", /site\.yml: there is no key "colour" here\. Known are name, serverNames, /],
    [
      host("number: 1, adress: b"),
      /site\.yml: hosts\[1\]: there is no key "adress" here\. Did you mean "address"\?$/,
    ],
    ["tls: { cert: a }", /site\.yml: tls: there is no key "cert" here\. Known are certificate, key\.$/],
    ["port: http", /site\.yml: port must be a whole number from 1 to 65535, but is "http"\.$/],
    ["port: 65536", /port must be .* but is 65536\.$/],
    ["http2: 1", /http2 must be true or false, but is 1\.$/],
    ["serverNames: a.example", /serverNames must be a list, but is "a\.example"\.$/],
    ["serverNames: ['a; evil']", /serverNames\[0\] must be a name such as .* but is "a; evil"\.$/],
    ["hosts: []", /hosts must be a list that is not empty, but is \[\]\.$/],
    ["hosts: 3", /hosts must be a list, but is 3\.$/],
    ["hosts: [a]", /hosts\[0\] must be an object with keys, but is "a"\.$/],
    ["pingInterval: soon", /pingInterval must be a time .* but is "soon"\.$/],
    [
      "sticky: sdi",
      /sticky for nginx must be sid, ip-hash, cookie, header, but is "sdi"\. Did you mean sid\?$/,
    ],
    ["nginxVersion: 1.26", /nginxVersion must be a version .* but is 1\.26\.$/],
    [
      host("address: b, port: 80"),
      /hosts\[1\]\.number must be a whole number from 0 to 1295, but is missing\.$/,
    ],
    [host("number: 1296, address: b, port: 80"), /hosts\[1\]\.number must be .* but is 1296\.$/],
    [
      host("number: 0, address: b, port: 80"),
      /hosts\[1\]\.number is 0, and so is that of hosts\[0\]: each host needs its own/,
    ],
    [host("number: 1, address: a, port: 80"), /hosts\[1\] has the address a:80, and so has hosts\[0\]\.$/],
    [host("number: 1, port: 80"), /hosts\[1\]\.address must be a name or an IP address, but is missing\.$/],
    [
      host("number: 1, address: 'a b', port: 80"),
      /hosts\[1\]\.address must be a name or an IP address .* but is "a b"\.$/,
    ],
    [host("number: 1, address: '::zz', port: 80"), /hosts\[1\]\.address must be/],
    [host("number: 1, address: b"), /hosts\[1\] does not say where its workers listen: write "port"/],
    [host("number: 1, address: b, port: 80, listen: 'ports:1'"), /hosts\[1\] has both "port" and "listen"/],
    [host("number: 1, address: b, listen: 'ports:1'"), /hosts\[1\] has "listen" but not "workers"/],
    [
      host("number: 1, address: b, listen: 'ports:65000', workers: 1000"),
      /hosts\[1\]\.listen has no room for 1000 workers: the port of slot 999 would be 65999, and the last port is 65535\./,
    ],
    [
      host("number: 1, address: b, listen: 'ports:4000', workers: 70000"),
      /hosts\[1\]\.workers must be .* to 1296, but is 70000\.$/,
    ],
    [host("number: 1, address: b, listen: '4000', workers: 2"), /hosts\[1\]\.listen must be "ports:" with/],
    [host("number: 1, address: b, listen: 'pipes:/run/a', workers: 2"), /a Unix socket has no address\.$/],
    [
      host("number: 1, listen: 'pipes:/run/a; evil', workers: 2"),
      /hosts\[1\]\.listen has the socket "\/run\/a; evil\/0\.sock", which must be/,
    ],
    [
      host("number: 1, listen: 'pipes:/run/a', workers: 2"),
      /hosts\[1\] has one for each, hosts\[0\] one address for all its workers: all hosts/,
    ],
    [host("number: 1, backends: ['a;b:1']"), /hosts\[1\]\.backends\[0\] must be HOST:PORT or unix:\/path/],
    [host("number: 1, address: b, backends: ['b:1']"), /hosts\[1\]\.address says nothing beside "backends"/],
    [
      host("number: 1, backends: ['b:1'], weight: 2"),
      /hosts\[1\]\.weight is for hosts whose workers share one "port"/,
    ],
    [host("number: 1, address: b, port: 80, workers: 2"), /hosts\[1\]\.workers belongs to "listen"/],
    [`${TWO}http2: true`, /http2 needs a certificate/],
    [
      `${TWO}tls: { certificate: none.crt, key: none.key }`,
      /tls\.certificate is the file .*none\.crt, which cannot be read/,
    ],
    [
      `${TWO}tls: { certificate: none.crt }`,
      /tls\.certificate needs the other one, too: .*tls\.certificate and .*tls\.key belong together\.$/,
    ],
    ["a: [", /^The site file .*site\.yml cannot be understood: /],
    ["port: 80\nport: 81", /cannot be understood: Map keys must be unique/],
    ["just words", /must hold keys such as "hosts:"/],
    ["", /must hold keys such as/],
    ["- 1", /must hold keys such as/],
    [
      `a: &a [x,x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
      /cannot be understood: Excessive alias count/,
    ],
    ["x".repeat((1 << 20) + 1), /is larger than 1048576 bytes/],
  ])("%.60j", async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringMatching(message),
    });
    expect(readdirSync(folder)).toEqual(["site.yml"]);
  });

  it.each([
    ["none.yml", /^The site file .*none\.yml cannot be read: ENOENT/],
    ["site.toml", /^The site file .*site\.toml must end in \.yml, \.yaml, \.json\.$/],
    ["folder.yml", /cannot be read: it is no regular file/],
    ["endless.yml", /cannot be read: it is no regular file/],
  ])("the file %s", async (name, message) => {
    if (name === "folder.yml") symlinkSync(folder, join(folder, name));
    if (name === "endless.yml") symlinkSync("/dev/zero", join(folder, name));
    const refused = siteOf("nginx", { site: join(folder, name) });
    await expect(refused).rejects.toMatchObject({
      code: "ERR_SITE_FILE",
      message: expect.stringMatching(message),
    });
  });

  it("a flag that says nothing about one of several hosts", async () => {
    await expect(read(TWO, { workers: "3" })).rejects.toMatchObject({ code: "ERR_USAGE" });
    await expect(read(TWO, { hostNumber: "3" })).rejects.toMatchObject({ code: "ERR_USAGE" });
  });

  it("weights with Caddy, which would not heed them", async () => {
    const message = expect.stringContaining("Caddy knows none");
    await expect(read(TWO, {}, "caddy")).rejects.toMatchObject({ code: "ERR_SITE_FILE", message });
  });

  it("addresses of hosts with Kubernetes, which has its own", async () => {
    const message = expect.stringContaining('write "replicas"');
    await expect(read(`image: chat:1\n${TWO}`, {}, "kubernetes")).rejects.toMatchObject({ message });
  });

  it("a name that would end a comment of a configuration", async () => {
    const refused = read(`${TWO}`, { name: "a\nevil" });
    await expect(refused).rejects.toMatchObject({ code: "ERR_FLEET_NAME" });
  });
});
