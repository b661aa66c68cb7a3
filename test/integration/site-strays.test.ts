/**
 * Promise: a request whose sid names another host is served by the worker that has the session there, whatever it carries and whatever
 * balancer brought it; and whatever becomes of that host, every stray settles. Bridges are played: no Redis is needed.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echo, openSession, sessionOnEachSlot } from "../helpers/polling-session.js";
import { RawConnection } from "../helpers/raw-connection.js";
import { TwoHosts } from "../helpers/site/bridge.js";
import { countStrays, moreStrays } from "../helpers/strays.js";
import { temporaryDirectory } from "../helpers/temporary.js";
import { faults } from "./site/stray-faults.js";
import { strays } from "./site/stray-kinds.js";

let site: TwoHosts;
let folder: { path: string; remove(): void };
beforeAll(async () => {
  folder = temporaryDirectory();
  site = await TwoHosts.start("apps/echo.mjs");
});
afterAll(async () => {
  await site.stop();
  folder.remove();
});

strays(() => site);
faults(() => ({ site, folder: folder.path }));

describe("while the other host changes its workers", () => {
  it("finds sessions during a reload, and after their slot is gone", async () => {
    const entries = await sessionOnEachSlot(2, () => RawConnection.open(site.far.port));
    let changed = false;
    const change = site.far
      .command("reload", "--parallel", "2")
      .then(() => site.far.command("scale", "1"))
      .finally(() => {
        changed = true;
      });
    let turns = 0;
    for (let last = false; !last; turns++) {
      last = changed;
      const away = await RawConnection.open(site.near.port);
      for (const { session } of entries) await echo(away, session, turns, `turn ${turns}`);
      away.destroy();
    }
    await change;
    expect(turns).toBeGreaterThan(2);
    expect((await site.far.status()).workers.length).toBe(1);
    for (const { connection } of entries) connection.destroy();
  });

  it("a poll that waits is answered with nothing before the worker that carries it to another host ends", async () => {
    const home = await RawConnection.open(site.far.port);
    const session = await openSession(home);
    const away = await RawConnection.open(site.near.port);
    const carried = await countStrays(site.near, "requestsForwardedToHosts");
    const waits = away.get(session.target);
    await moreStrays(site.near, "requestsForwardedToHosts", carried);
    await site.near.command("reload");
    const { status, headers, body } = await waits;
    expect([status, body.toString(), headers.get("connection")]).toEqual([200, "6", "close"]);
    const again = await RawConnection.open(site.near.port);
    await echo(again, session, 1, "by the next worker");
    for (const connection of [home, away, again]) connection.destroy();
  });
});
