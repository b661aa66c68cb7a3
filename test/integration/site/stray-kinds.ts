/** Suite: a request whose sid names another host is served by the worker that has the session there, whatever it carries. */

import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { io } from "socket.io-client";
import { describe, expect, it } from "vitest";
import { RoundRobinFront } from "../../helpers/library-processes.js";
import { echo, expectOk, openSession, packets, type Session } from "../../helpers/polling-session.js";
import { head, RawConnection } from "../../helpers/raw-connection.js";
import { FrameStream, textFrame, upgradeRequest } from "../../helpers/raw-websocket.js";
import type { TwoHosts } from "../../helpers/site/bridge.js";
import { countStrays, straysServedBy } from "../../helpers/strays.js";

export function strays(of: () => TwoHosts): void {
  const toNear = (): Promise<RawConnection> => RawConnection.open(of().near.port);
  const toFar = (): Promise<RawConnection> => RawConnection.open(of().far.port);

  /** A session of host 2, and a connection that host 1 accepted. */
  async function strayPair(): Promise<{ session: Session; away: RawConnection }> {
    const home = await toFar();
    const session = await openSession(home);
    home.destroy();
    expect(session.sid.slice(0, 2)).toBe("02");
    return { session, away: await toNear() };
  }

  describe("behind a balancer that knows nothing of sessions", () => {
    it.each([
      ["by polling", ["polling"]],
      ["with an upgrade", ["polling", "websocket"]],
    ])("Socket.IO's client works %s", async (_how, transports) => {
      const front = await RoundRobinFront.listen([of().near.port, of().far.port]);
      const agent = new Agent({ keepAlive: false });
      const astray = (): Promise<number> => countStrays(of().near, "requestsForwardedToHosts");
      const before = await astray();
      const sockets = Array.from({ length: 8 }, () =>
        io(front.url, { transports, forceNew: true, reconnection: false, agent: agent as unknown as string }),
      );
      const lost: string[] = [];
      const connected = sockets.map(
        (socket) =>
          new Promise<void>((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject)),
      );
      for (const socket of sockets) socket.on("disconnect", (reason) => lost.push(reason));
      await Promise.all(connected);
      for (const socket of sockets) {
        const last = transports.at(-1) as string;
        while ((await socket.emitWithAck("transport")) !== last);
        expect(await socket.emitWithAck("echo", "äöü €", Buffer.from([1, 2, 3]))).toBe("äöü €");
      }
      await of().near.until("strays to be counted", async () => (await astray()) > before);
      expect(lost).toEqual([]);
      for (const socket of sockets) socket.close();
      front.close();
    });
  });

  describe("a request for a session of another host", () => {
    it("hangs there until there is something to say", async () => {
      const { session, away } = await strayPair();
      const other = await toNear();
      const served = await straysServedBy(of().far, session.slot);
      let heard = "";
      const hanging = (async () => {
        while (!heard.includes("said meanwhile")) heard += (await away.get(session.target)).body.toString();
      })();
      await of().far.until(
        "the poll to hang there",
        async () => (await straysServedBy(of().far, session.slot)) > served,
      );
      expectOk(await other.post(session.target, '42["echo","said meanwhile"]'));
      await hanging;
      away.destroy();
      other.destroy();
    });

    it("brings 3 MB there, and 3 MB back, whole and to a client that reads slowly", async () => {
      const { session, away } = await strayPair();
      const text = randomBytes(1_500_000).toString("hex");
      const digest = createHash("md5").update(text).digest("hex");
      expectOk(await away.post(session.target, `421${JSON.stringify(["digest", text])}`));
      await packets(away, session, (all) => all.includes(`431${JSON.stringify([digest, text.length])}`));
      expectOk(await away.post(session.target, `42${JSON.stringify(["echo", text])}`));
      away.socket.pause();
      away.write(head("GET", session.target));
      // Much more than the windows on the way is under way by now; another session's request is not held up by it.
      const { session: second, away: beside } = await strayPair();
      await echo(beside, second, 1, "past a slow one");
      away.socket.resume();
      expect((await away.response()).body.toString()).toContain(text);
      away.destroy();
      beside.destroy();
    });

    it("is a WebSocket's upgrade, with the frames behind it, and lasts", async () => {
      const { session, away } = await strayPair();
      const socket = new FrameStream(away);
      const target = session.target.replace("polling", "websocket");
      away.write(Buffer.concat([Buffer.from(upgradeRequest(target)), textFrame("2probe")]));
      await socket.switched();
      expect(await socket.text(() => true)).toBe("3probe");
      away.write(textFrame("5"));
      away.write(textFrame('421["echo","through the tunnel"]'));
      expect(await socket.text((text) => text.startsWith("43"))).toBe('431["through the tunnel"]');
      away.destroy();
    });

    it("may speak Engine.IO 3", async () => {
      const path = "/socket.io/?EIO=3&transport=polling";
      const home = await toFar();
      const sid = /"sid":"([^"]+)/.exec((await home.get(path)).body.toString())?.[1];
      const away = await toNear();
      const packet = '42["echo","old"]';
      expectOk(await away.post(`${path}&sid=${sid}`, `${packet.length}:${packet}`));
      for (let heard = ""; !heard.includes(packet); )
        heard += (await away.get(`${path}&sid=${sid}`)).body.toString();
      home.destroy();
      away.destroy();
    });
  });

  describe("a sid that somebody made up", () => {
    it.each([
      ["of a host that is not of this site", "0300AAAAAAAAAAAAAAAAAAAA"],
      ["of a slot that the other host does not have", "02zzAAAAAAAAAAAAAAAAAAAA"],
      ["of a slot that it has", "0200AAAAAAAAAAAAAAAAAAAA"],
    ])("gets the engine's own 400: %s", async (_what, sid) => {
      const away = await toNear();
      const response = await away.get(`/socket.io/?EIO=4&transport=polling&sid=${sid}`);
      expect(response.status).toBe(400);
      expect(JSON.parse(response.body.toString())).toEqual({ code: 1, message: "Session ID unknown" });
      away.destroy();
    });
  });
}
