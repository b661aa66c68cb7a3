/** Promise: a worker that dies costs its own sessions and nothing more; no byte is ever read as what it is not. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import {
  connectionTo,
  echo,
  openSession,
  type Session,
  sessionOnEachSlot,
  strayPair,
} from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";
import { straysServedBy } from "../helpers/strays.js";

const WORKERS = 3;
let fleet: Fleet;
const open = (): Promise<RawConnection> => RawConnection.open(fleet.port);

type Entry = { session: Session; connection: RawConnection };

describe("a worker that is killed", () => {
  beforeEach(async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
  });
  afterEach(async () => {
    expect(await fleet.stop()).toBe(0);
  });

  it("takes with it the connections that have a body under way to it, and the rest is never read as a request", async () => {
    const { session, other } = await strayPair(WORKERS, open);
    const smuggled = "GET /slot HTTP/1.1\r\nHost: app\r\n\r\n";
    const served = await straysServedBy(fleet, session.slot);
    other.write(head("POST", session.target, { "Content-Type": "text/plain", "Content-Length": "100000" }));
    other.write("4".repeat(1000));
    await fleet.until(
      "the stray reaches its owner",
      async () => (await straysServedBy(fleet, session.slot)) > served,
    );
    process.kill(await fleet.pidOf(session.slot), "SIGKILL");
    other.write(smuggled.repeat(20));
    await other.closes();
    expect(other.unread.toString()).not.toContain("200 OK");
  });

  it("closes the connections that it accepted itself", async () => {
    const own = await connectionTo(1, open);
    own.write(head("POST", "/digest", { "Content-Length": "100000" }));
    process.kill(await fleet.pidOf(1), "SIGKILL");
    own.write("GET /slot HTTP/1.1\r\nHost: app\r\n\r\n");
    await own.closes();
    expect(own.unread.length).toBe(0);
  });

  it("leaves a hanging poll that another worker accepted with the engine's own refusal", async () => {
    const { session, other } = await strayPair(WORKERS, open);
    const served = await straysServedBy(fleet, session.slot);
    other.write(head("GET", session.target));
    await fleet.until(
      "the poll hangs at its owner",
      async () => (await straysServedBy(fleet, session.slot)) > served,
    );
    process.kill(await fleet.pidOf(session.slot), "SIGKILL");
    const answer = await other.response();
    // The welcome may have been waiting for this poll; the next one then finds the session gone.
    const refused = answer.status === 400 ? answer : await other.get(session.target);
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body.toString())).toEqual({ code: 1, message: "Session ID unknown" });
  });

  it("costs the sessions of the others nothing", async () => {
    const entries = await sessionOnEachSlot(WORKERS, open);
    const [victim, ...others] = entries as [Entry, ...Entry[]];
    process.kill(await fleet.pidOf(victim.session.slot), "SIGKILL");
    await fleet.until("a new process in the slot", async () => {
      const worker = (await fleet.status()).workers.find(({ slot }) => slot === victim.session.slot);
      return worker?.state === "ready" && worker.restarts === 1;
    });
    const connection = await open();
    for (const { session } of others) await echo(connection, session, 1, "still here");
    expect((await connection.get(victim.session.target)).status).toBe(400);
  });
});

describe("a fleet with a worker that boots slowly and one that crash-loops", () => {
  it("lets every client connect", async () => {
    fleet = await startFleet("apps/uneven.mjs", { workers: WORKERS, ready: false });
    await fleet.until("the first worker is ready", () => /slot=0 .*ready/.test(fleet.stdout + fleet.stderr));
    const port = Number(
      (await fleet.status()).listening.map((address) => (typeof address === "string" ? 0 : address.port))[0],
    );
    const slots = new Map<number, number>();
    const until = Date.now() + 6000;
    let clients = 0;
    while (Date.now() < until) {
      const connection = await RawConnection.open(port);
      const { slot } = await openSession(connection);
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
      clients++;
    }
    expect([...slots.values()].reduce((sum, count) => sum + count, 0)).toBe(clients);
    expect([...slots.keys()].sort()).toEqual([0, 1]);
    expect(fleet.stderr).toContain("no database for slot 2");
    await fleet.stop();
  }, 60_000);
});
