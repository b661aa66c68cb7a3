/** Stray upgrades pass through the primary as descriptors; none of them may stay there. */

import { io, type Socket } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { openDescriptors } from "../helpers/processes.js";

const CLIENTS = 40;
let fleet: Fleet | undefined;
let clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients) client.disconnect();
  clients = [];
  await fleet?.stop();
  fleet = undefined;
});

/** Polling first, then an upgrade on a connection of its own, which any worker may accept. */
async function connectAll(url: string): Promise<void> {
  clients = Array.from({ length: CLIENTS }, () => io(url, { forceNew: true, reconnection: false }));
  await Promise.all(
    clients.map(async (client) => {
      await new Promise<void>((resolve, reject) => {
        client.on("connect", resolve);
        client.on("connect_error", reject);
      });
      if (client.io.engine.transport.name !== "websocket") {
        await new Promise<void>((resolve) => client.io.engine.once("upgrade", () => resolve()));
      }
    }),
  );
}

const passed = async (running: Fleet): Promise<number> =>
  (await running.status()).workers.reduce((sum, { snapshot }) => sum + (snapshot?.upgradesPassed ?? 0), 0);

describe("a stray upgrade", () => {
  it("takes its connection to the owner, and the primary keeps no descriptor of it", async () => {
    const running = await startFleet("apps/echo.mjs", { workers: 3 });
    fleet = running;
    const primary = running.process.pid ?? 0;
    const before = openDescriptors(primary);
    await connectAll(running.url);
    await running.until("passed upgrades in the snapshots", async () => (await passed(running)) > 0);
    // The question for the snapshots had a connection, too; those of the clients stay open all the while.
    await running.until("no descriptor kept", () => openDescriptors(primary) === before, 5000);
    const answers = await Promise.all(
      clients.map((client) => client.timeout(5000).emitWithAck("echo", "hello")),
    );
    expect(answers).toEqual(Array(CLIENTS).fill("hello"));
  });

  it("leaves no descriptor behind when workers die while upgrades are under way", async () => {
    const running = await startFleet("apps/echo.mjs", { workers: 3, args: ["--restart-delay", "20ms"] });
    fleet = running;
    const primary = running.process.pid ?? 0;
    const before = openDescriptors(primary);
    for (let round = 1; round <= 3; round++) {
      const connecting = connectAll(running.url).catch(() => {});
      process.kill(await running.pidOf(round % 3), "SIGKILL");
      await Promise.race([connecting, new Promise((resolve) => setTimeout(resolve, 3000))]);
      for (const client of clients) client.disconnect();
      await running.until("three ready", async () => {
        const { workers } = await running.status();
        return workers.filter(({ state }) => state === "ready").length === 3;
      });
    }
    await running.until("no descriptor left", () => openDescriptors(primary) === before, 5000);
  });
});
