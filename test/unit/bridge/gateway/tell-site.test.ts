import { expect, it } from "vitest";
import { SiteTeller } from "../../../../src/bridge/gateway/tell-site.js";
import type { SiteHost } from "../../../../src/bridge/site.js";
import { MemoryNetwork } from "../../../../src/bus/memory-network.js";
import { SITE_CHANNEL } from "../../../../src/protocol/bridge-messages.js";
import { decodeNews } from "../../../../src/worker/remote/news.js";

const host = (number: number, sessions = 0): SiteHost => ({
  host: number,
  token: `t${number}`,
  fleet: "chat",
  address: "10.0.0.2",
  port: 4000,
  workers: 2,
  sessions,
  version: "0.1.0",
});

it("tells who is there, who comes, and every change that concerns a worker, once", async () => {
  const network = new MemoryNetwork();
  const heard: string[] = [];
  const listen = (name: string, slot: number): void => {
    network.join(slot).subscribe(SITE_CHANNEL, {
      message: (_from, payload) =>
        heard.push(`${name} ${decodeNews(payload)?.hosts.map((one) => one.host) ?? "nonsense"}`),
    });
  };
  listen("first", 0);
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  let hosts = [host(2)];
  const teller = new SiteTeller(network.join(9), { secret: "aa" }, () => hosts);
  await settled();
  hosts = [host(2), host(3)];
  teller.changed();
  hosts = [host(2, 17), host(3)];
  teller.changed();
  await settled();
  expect(heard).toEqual(["first 2", "first 2,3"]);
  listen("second", 1);
  await settled();
  expect(heard.slice(2)).toEqual(["second 2,3"]);
});
