/** Promise: behind real HAProxy and nginx, set as docs/client-address.md says, each client is seen with its own address, on every transport and astray. */

import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { addressesSeen, expectEachToBeSeen, expectEverywhere, from } from "../helpers/addresses.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
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

const haproxy = (mode: string, front: string, server: string): string => `
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend chat
  bind 127.0.0.1:${ports[0]}
${front}
  default_backend workers
backend workers
  server fleet 127.0.0.1:${fleet?.port} ${server}
`;

const nginxHttp = (headers: string): string => `
events {}
http {
  access_log off;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  upstream fleet { server 127.0.0.1:${fleet?.port}; keepalive 16; }
  server {
    listen 127.0.0.1:${ports[0]};
    location / {
      proxy_pass http://fleet;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $host;
      ${headers}
    }
  }
}
`;

const nginxStream = (): string => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events {}
stream {
  server {
    listen 127.0.0.1:${ports[0]};
    proxy_pass 127.0.0.1:${fleet?.port};
    proxy_protocol on;
  }
}
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
    proxy = await RealProxy.start("haproxy", haproxy("tcp", "", word), ports);
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
    const header = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;";
    proxy = await RealProxy.start("nginx", nginxHttp(header), ports);
    await expectRight(proxy.url);
  });

  it("nginx, Forwarded", async () => {
    await startBehind("--trust-header", "forwarded");
    const header = 'proxy_set_header Forwarded "$http_forwarded, for=$remote_addr;proto=$scheme";';
    proxy = await RealProxy.start("nginx", nginxHttp(header), ports);
    await expectRight(proxy.url);
  });

  it("HAProxy with option forwardfor, with connections that clients share", async () => {
    await startBehind();
    proxy = await RealProxy.start("haproxy", haproxy("http", "  option forwardfor", ""), ports);
    await expectRight(proxy.url);
  });
});
