/** The relay on the real mesh of Unix sockets, with the real count board: two hosts in this process, joined by a memory site. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { type Socket as Client, io as connectClient } from "socket.io-client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AdapterFactory, createAdapter } from "../../../src/adapter/create-adapter.js";
import { Relay } from "../../../src/bridge/relay/relay.js";
import { BRIDGE_SLOT } from "../../../src/protocol/bridge-messages.js";
import { MeshFleet } from "../../contract/mesh-fleet.js";
import { MemorySite } from "../../helpers/relay/memory-site.js";
import { turn, until } from "./hosts.js";

type Host = {
  readonly mesh: MeshFleet;
  readonly io: Server;
  readonly adapter: AdapterFactory;
  readonly client: Client;
  readonly heard: unknown[];
  readonly endBridge: () => void;
};

let site: MemorySite;
let hosts: [Host, Host];
beforeEach(async () => {
  site = new MemorySite();
  hosts = [await open(0), await open(1)];
  for (const { io } of hosts) await untilServers(io, 2);
});
afterEach(async () => {
  for (const { client, io, mesh } of hosts) {
    client.disconnect();
    await io.close();
    mesh.close();
  }
});

async function open(host: number): Promise<Host> {
  const mesh = new MeshFleet();
  const bridge = await mesh.listen({ host, slot: BRIDGE_SLOT, generation: 0 });
  let relay: Relay | undefined;
  const member = site.join(host, () => relay?.handlers);
  relay = new Relay({ mesh: bridge.mesh, site: member });
  await bridge.mesh.start();
  const worker = await mesh.listen({ host, slot: 0 });
  const adapter = createAdapter(worker.mesh);
  const http = createServer();
  const io = new Server(http, { adapter });
  await worker.mesh.start();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const client = connectClient(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  const heard: unknown[] = [];
  client.onAny((...event) => heard.push(event));
  await new Promise<void>((resolve) => client.once("connect", resolve));
  const endBridge = (): void => {
    bridge.mesh.close();
    bridge.linkServer.close();
  };
  return { mesh, io, adapter, client, heard, endBridge };
}

async function untilServers(io: Server, count: number): Promise<void> {
  while ((await io.of("/").adapter.serverCount()) !== count) await turn();
}

test("rooms, private messages and questions reach the other host", async () => {
  const [here, there] = hosts;
  there.io.local.socketsJoin("red");
  await until(() => here.adapter.gauges().foreignRooms === 2);
  here.io.to("red").emit("hello", 1);
  here.io.to(there.client.id as string).emit("hello", 2);
  await until(() => there.heard.length === 2);
  expect(there.heard).toEqual([
    ["hello", 1],
    ["hello", 2],
  ]);
  expect(here.heard).toEqual([]);
  expect(await here.io.fetchSockets()).toHaveLength(2);
});

test("without the bridge each host is alone at once, and goes on", async () => {
  const [here] = hosts;
  here.endBridge();
  await untilServers(here.io, 1);
  here.io.emit("hello");
  await until(() => here.heard.length === 1);
  expect(await here.io.fetchSockets()).toHaveLength(1);
  expect(here.adapter.gauges().foreignRooms).toBe(0);
});
