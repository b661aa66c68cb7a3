/** Promise: an upgrade, alone or among a thousand, is served whichever worker accepts it, and loses no byte. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { openSession } from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";
import { FrameStream, textFrame, upgradeRequest } from "../helpers/raw-websocket.js";

const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";
const WORKERS = 3;
let fleet: Fleet;
const open = (): Promise<RawConnection> => RawConnection.open(fleet.port);

describe("a stray upgrade", () => {
  beforeAll(async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS, args: ["--policy", "round-robin"] });
  });
  afterAll(async () => {
    expect(await fleet.stop()).toBe(0);
  });

  it("loses no byte that was sent with it: 200 sessions whose first packet shares the segment of the request", async () => {
    const slots = new Set<string>();
    for (let turn = 0; turn < 200; turn++) {
      const connection = await open();
      connection.write(Buffer.concat([Buffer.from(upgradeRequest(WEBSOCKET)), textFrame("40")]));
      const frames = new FrameStream(connection);
      await frames.switched();
      await frames.text((text) => text.startsWith("40"));
      connection.write(textFrame('421["slot"]'));
      slots.add(await frames.text((text) => text.startsWith("431")));
      connection.destroy();
    }
    expect([...slots].sort()).toEqual(['431["0"]', '431["1"]', '431["2"]']);
    await fleet.until("upgrades were passed", async () =>
      (await fleet.status()).workers.some(({ snapshot }) => (snapshot?.upgradesPassed ?? 0) > 0),
    );
  });

  it("loses no byte that is sent right behind it, cut at every byte of the first frames", async () => {
    const request = upgradeRequest(WEBSOCKET);
    const frames = textFrame(
      `40${JSON.stringify({ token: "a token of some length, so that there is something to cut" })}`,
    );
    for (let at = 0; at < frames.length; at++) {
      const connection = await open();
      await connection.writePieces([request, frames.subarray(0, at), frames.subarray(at)]);
      const stream = new FrameStream(connection);
      await stream.switched();
      expect(await stream.text((text) => text.startsWith("40"))).toMatch(/^40\{"sid":/);
      connection.destroy();
    }
  });

  it("of a polling session finds it, from whichever worker accepted the connection", async () => {
    for (let turn = 0; turn < 30; turn++) {
      const polling = await open();
      const session = await openSession(polling);
      const connection = await open();
      connection.write(upgradeRequest(`${WEBSOCKET}&sid=${session.sid}`));
      connection.write(textFrame("2probe"));
      const frames = new FrameStream(connection);
      await frames.switched();
      expect(await frames.text(() => true)).toBe("3probe");
      connection.write(textFrame("5"));
      connection.write(textFrame('427["slot"]'));
      expect(await frames.text((text) => text.startsWith("437"))).toBe(`437["${session.slot}"]`);
      connection.destroy();
      polling.destroy();
    }
  });
});

describe("1,000 handshakes at once", () => {
  it.each(["polling", "websocket"])(
    "by %s spread so that the fullest slot has at most 1.2 times the emptiest",
    async (transport) => {
      fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
      const connections = await Promise.all(Array.from({ length: 1000 }, open));
      const target = `/socket.io/?EIO=4&transport=${transport}`;
      const request = transport === "polling" ? head("GET", target) : upgradeRequest(target);
      for (const connection of connections) connection.write(request);
      const responses = await Promise.all(connections.map((connection) => connection.response()));
      expect(new Set(responses.map(({ status }) => status))).toEqual(
        new Set([transport === "polling" ? 200 : 101]),
      );
      await fleet.until("every session is counted", async () => (await fleet.status()).sessions === 1000);
      const loads = (await fleet.status()).workers.map(({ snapshot }) => snapshot?.sessions ?? 0);
      expect(Math.max(...loads) / Math.min(...loads), `${loads}`).toBeLessThanOrEqual(1.2);
      for (const connection of connections) connection.destroy();
      expect(await fleet.stop()).toBe(0);
    },
  );
});

describe("1,000 WebSocket connects one after another", () => {
  it("all succeed", async () => {
    fleet = await startFleet("apps/echo.mjs", { workers: WORKERS });
    for (let turn = 0; turn < 1000; turn++) {
      const connection = await open();
      connection.write(upgradeRequest(WEBSOCKET));
      connection.write(textFrame("40"));
      const frames = new FrameStream(connection);
      await frames.switched();
      await frames.text((text) => text.startsWith("40"));
      connection.destroy();
    }
    expect(await fleet.stop()).toBe(0);
  });
});
