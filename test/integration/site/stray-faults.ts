/** Suite: whatever becomes of another host, of its gateway or of its worker, every stray under way to it settles, and none waits for long. */

import { describe, expect, it } from "vitest";
import { echo, openSession, type Session, sessionOnEachSlot } from "../../helpers/polling-session.js";
import { head, RawConnection } from "../../helpers/raw-connection.js";
import { FrameStream, textFrame, upgradeRequest } from "../../helpers/raw-websocket.js";
import { Bridge, type TwoHosts } from "../../helpers/site/bridge.js";
import { makeSiteCertificates } from "../../helpers/site/certificates.js";

export function faults(of: () => { site: TwoHosts; folder: string }): void {
  const toNear = (): Promise<RawConnection> => RawConnection.open(of().site.near.port);
  const toFar = (): Promise<RawConnection> => RawConnection.open(of().site.far.port);

  async function sessionAtFar(): Promise<Session> {
    const home = await toFar();
    const session = await openSession(home);
    home.destroy();
    return session;
  }

  /** A poll that hangs at `session`'s worker, and a WebSocket of another session of that worker, both by way of host 1. */
  async function underWay(session: Session, tunnelled: Session): Promise<[RawConnection, RawConnection]> {
    const polling = await toNear();
    // What was said before is taken out first: the next poll hangs.
    await echo(polling, session, 1, "first");
    polling.write(head("GET", session.target));
    const webSocket = await toNear();
    webSocket.write(upgradeRequest(tunnelled.target.replace("polling", "websocket")));
    const frames = new FrameStream(webSocket);
    await frames.switched();
    // Host 1 has one worker, so both took one link: an answer on it, later, means that the poll is there.
    webSocket.write(textFrame("2probe"));
    await frames.text((text) => text === "3probe");
    return [polling, webSocket];
  }

  async function expectUnknown(connection: RawConnection): Promise<void> {
    const response = await connection.response();
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body.toString())).toEqual({ code: 1, message: "Session ID unknown" });
  }

  async function expectRefused(session: Session): Promise<void> {
    const away = await toNear();
    away.write(head("GET", session.target));
    await expectUnknown(away);
    away.destroy();
  }

  /** Two sessions of one worker of host 2. */
  async function twoOfOneSlot(): Promise<[Session, Session]> {
    const [first] = await sessionOnEachSlot(1, toFar);
    for (;;) {
      const second = await sessionAtFar();
      if (first !== undefined && second.slot === first.session.slot) return [first.session, second];
    }
  }

  describe("streams under way", () => {
    it("settle when the host is no longer of the site, and its sessions are reached again when it is back", async () => {
      const [session, tunnelled] = await twoOfOneSlot();
      const [polling, webSocket] = await underWay(session, tunnelled);
      const staying = await sessionAtFar();
      await of().site.nearBridge.tell();
      await expectUnknown(polling);
      await webSocket.closes();
      await expectRefused(staying);
      await of().site.meet();
      await echo(await toNear(), staying, 2, "back");
    });

    it("settle when the worker is killed, which costs the sessions of others nothing", async () => {
      const [session, tunnelled] = await twoOfOneSlot();
      const entries = await sessionOnEachSlot(2, toFar);
      const [polling, webSocket] = await underWay(session, tunnelled);
      process.kill(await of().site.far.pidOf(session.slot), "SIGKILL");
      await expectUnknown(polling);
      await webSocket.closes();
      const other = entries.find((entry) => entry.session.slot !== session.slot)?.session as Session;
      await echo(await toNear(), other, 1, "still here");
      await of().site.far.until("a new worker", async () => {
        const worker = (await of().site.far.status()).workers.find(({ slot }) => slot === session.slot);
        return worker?.state === "ready" && worker.restarts === 1;
      });
      const [fresh] = (await sessionOnEachSlot(2, toFar)).filter(
        (entry) => entry.session.slot === session.slot,
      );
      await echo(await toNear(), fresh?.session as Session, 1, "of the new worker");
    });

    it("settle when the gateway is killed, and strays go to the one that comes after it", async () => {
      const [session, tunnelled] = await twoOfOneSlot();
      const [polling, webSocket] = await underWay(session, tunnelled);
      const staying = await sessionAtFar();
      await of().site.farBridge.kill();
      await expectUnknown(polling);
      await webSocket.closes();
      await expectRefused(staying);
      of().site.farBridge = await Bridge.start(of().site.far, 2);
      await of().site.meet();
      await echo(await toNear(), staying, 2, "by the new gateway");
    });
  });

  describe("a gateway that hangs", () => {
    it("makes a stray wait 3 s for the refusal, and those of the next second not at all", async () => {
      const [linked, unlinked] = (await sessionOnEachSlot(2, toFar)).map(({ session }) => session) as [
        Session,
        Session,
      ];
      // A new gateway, to which one link stands: a stray for the other slot dials.
      await of().site.farBridge.kill();
      of().site.farBridge = await Bridge.start(of().site.far, 2);
      await of().site.nearBridge.tell(of().site.farBridge.known);
      const away = await toNear();
      await of().site.near.until("a link", async () => (await away.post(linked.target, "3")).status === 200);
      const { pid } = of().site.farBridge.process;
      process.kill(pid as number, "SIGSTOP");
      try {
        const began = performance.now();
        away.write(head("GET", unlinked.target));
        await expectUnknown(away);
        const waited = performance.now() - began;
        expect(waited).toBeGreaterThan(1900);
        expect(waited).toBeLessThan(8000);
        const again = performance.now();
        away.write(head("GET", unlinked.target));
        await expectUnknown(away);
        expect(performance.now() - again).toBeLessThan(1000);
      } finally {
        process.kill(pid as number, "SIGCONT");
      }
      await echo(away, linked, 1, "awake");
      await of().site.near.until(
        "the next dial",
        async () => (await away.post(unlinked.target, "3")).status === 200,
      );
      away.destroy();
    });
  });

  describe("what two hosts must agree on", () => {
    it("is the secret: with another one nothing passes, and nothing is let in", async () => {
      const session = await sessionAtFar();
      const before = await of().site.farBridge.counters();
      const wrong = await Bridge.start(of().site.near, 1, "another secret");
      await of().site.nearBridge.tell();
      await wrong.tell(of().site.farBridge.known);
      const { refused } = await of().site.farBridge.until(() => true);
      const away = await toNear();
      await of().site.near.until("a refusal", async () => {
        away.write(head("GET", session.target));
        await expectUnknown(away);
        return (await of().site.farBridge.counters()).refused > refused;
      });
      expect((await of().site.farBridge.counters()).accepted).toBe(before.accepted);
      expect(of().site.near.stderr).toContain("Requests for sessions of host 2 cannot be brought there");
      await wrong.kill();
    });

    it("is TLS, where it is asked for: requests pass between hosts with certificates of one authority", async () => {
      const tls = makeSiteCertificates(of().folder);
      await Promise.all([of().site.nearBridge.kill(), of().site.farBridge.kill()]);
      const session = await sessionAtFar();
      const bridges = [of().site.near, of().site.far].map((fleet, at) =>
        Bridge.start(fleet, at + 1, undefined, tls),
      );
      [of().site.nearBridge, of().site.farBridge] = (await Promise.all(bridges)) as [Bridge, Bridge];
      await of().site.meet();
      await echo(await toNear(), session, 1, "encrypted");
      expect(await of().site.farBridge.counters()).toMatchObject({ refused: 0 });
    });
  });
}
