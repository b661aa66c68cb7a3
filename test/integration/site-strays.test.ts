/** Promise: a request whose sid names another host is served by the worker that has the session there, whatever it carries. */

import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echo, openSession, packets } from "../helpers/polling-session.js";
import { RawConnection } from "../helpers/raw-connection.js";
import { TwoHosts } from "../helpers/site/bridge.js";

let site: TwoHosts;
beforeAll(async () => {
  site = await TwoHosts.start("apps/echo.mjs");
});
afterAll(() => site.stop());

const toNear = (): Promise<RawConnection> => RawConnection.open(site.near.port);
const toFar = (): Promise<RawConnection> => RawConnection.open(site.far.port);

describe("a request for a session of another host", () => {
  it("is served there, by polling", async () => {
    const home = await toFar();
    const session = await openSession(home);
    expect(session.sid.slice(0, 2)).toBe("02");
    const away = await toNear();
    await echo(away, session, 1, "from afar");
    home.destroy();
    away.destroy();
  });
});
