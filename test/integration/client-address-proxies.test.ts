/** Promise: behind real HAProxy and nginx, set as docs/client-address.md says, each client is seen with its own address, on every transport and astray. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { addressesSeen, expectEachToBeSeen, expectEverywhere, from } from "../helpers/addresses.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { ROOT } from "../helpers/holdfast-command.js";
import { RealProxy } from "../helpers/real-proxy.js";
import { moreStrays } from "../helpers/strays.js";

const WORKERS = 4;
/** Clients connect from 127.1.0.1 and up; only the proxies' own address is trusted. */
const addressOf = (index: number): string => `127.1.0.${index + 1}`;

let fleet: Fleet | undefined;
let proxy: RealProxy | undefined;
let ports: [number, number];
beforeAll(async () => {
  ports = (await freePorts(2)) as [number, number];
});
afterEach(async () => {
  await proxy?.stop();
  if (fleet !== undefined) expect(await fleet.stop()).toBe(0);
  proxy = undefined;
  fleet = undefined;
});

const startBehind = async (...args: string[]): Promise<Fleet> => {
  const all = ["--policy", "round-robin", "--trust-proxy", "127.0.0.1", ...args];
  fleet = await startFleet("apps/addresses.mjs", { workers: WORKERS, args: all });
  return fleet;
};

/** The block of the page that is marked so, for this proxy and this fleet. */
function snippet(name: string): string {
  const page = readFileSync(join(ROOT, "docs/client-address.md"), "utf8");
  const [, text] = new RegExp(`^\`\`\`${name}\n(.*?)^\`\`\``, "ms").exec(page) ?? [];
  if (text === undefined) throw new Error(`the page has no block ${name}`);
  return text
    .replace("10.0.0.5:3000", `127.0.0.1:${fleet?.port}`)
    .replace(/(bind |listen ):?80\b/, `$1127.0.0.1:${ports[0]}`);
}

const haproxy = (name: string): string => `
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${snippet(name)}
`;

const nginxHttp = (map: string, location: string): string => `
events {}
http {
  access_log off;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  ${map}
  upstream fleet { server 127.0.0.1:${fleet?.port}; keepalive 16; }
  server {
    listen 127.0.0.1:${ports[0]};
    location / {
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $host;
      ${location}
    }
  }
}
`;

const nginxStream = (): string => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events {}
${snippet("nginx-stream")}
`;

/** What a client may send to pass for another. */
const FORGED = { "X-Forwarded-For": "203.0.113.66", Forwarded: "for=203.0.113.66" };

async function expectRight(url: string): Promise<void> {
  await expectEachToBeSeen(url, from, addressOf);
  const { addresses } = await addressesSeen(url, "upgrade", { ...from("127.1.0.77"), extraHeaders: FORGED });
  expectEverywhere(addresses, "127.1.0.77", "upgrade");
  await moreStrays(fleet as Fleet, "requestsForwarded", 0);
  await moreStrays(fleet as Fleet, "upgradesPassed", 0);
}

describe("by the PROXY protocol", () => {
  it.each(["send-proxy", "send-proxy-v2"])("HAProxy with %s", async (word) => {
    await startBehind("--proxy-protocol");
    const text = haproxy("haproxy-tcp").replace("send-proxy-v2", word);
    proxy = await RealProxy.start("haproxy", text, ports);
    await expectRight(proxy.url);
  });

  it("nginx with proxy_protocol on", async () => {
    await startBehind("--proxy-protocol");
    proxy = await RealProxy.start("nginx", nginxStream(), ports);
    await expectRight(proxy.url);
  });
});

describe("by headers", () => {
  it("nginx, X-Forwarded-For, with connections that clients share", async () => {
    await startBehind();
    proxy = await RealProxy.start("nginx", nginxHttp("", snippet("nginx-http")), ports);
    await expectRight(proxy.url);
  });

  it("nginx, Forwarded", async () => {
    await startBehind("--trust-header", "forwarded");
    const text = nginxHttp(snippet("nginx-map"), snippet("nginx-forwarded"));
    proxy = await RealProxy.start("nginx", text, ports);
    await expectRight(proxy.url);
  });

  it("HAProxy with option forwardfor, with connections that clients share", async () => {
    await startBehind();
    proxy = await RealProxy.start("haproxy", haproxy("haproxy-http"), ports);
    await expectRight(proxy.url);
  });
});
