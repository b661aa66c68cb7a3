/** Promise: a session by long-polling moves by its state alone, and no request of its client is refused or lost. */

import { afterEach, describe, expect, it } from "vitest";
import { expectOk, openSession, type Session } from "../helpers/polling-session.js";
import { head, RawConnection } from "../helpers/raw-connection.js";
import { FrameStream, textFrame, upgradeRequest } from "../helpers/raw-websocket.js";
import { depart, overTheWire, type Setup, TwoApps, turn, until } from "./handoff-codec/two-apps.js";

const heard: unknown[] = [];
/** The next POST waits in a middleware. */
let armed = false;
const setup: Setup = (io) =>
  io.on("connection", (socket) => {
    socket.on("echo", (value, answer) => answer(value));
    socket.on("hear", (value) => heard.push(value));
  });

let both: TwoApps;
afterEach(() => both.close());

const connect = (): Promise<RawConnection> => RawConnection.open(both.old.port);
const event = (...parts: unknown[]): string => `42${JSON.stringify(parts)}`;

async function openRaw(): Promise<{ session: Session; connection: RawConnection }> {
  const connection = await connect();
  return { session: await openSession(connection), connection };
}

describe("a polling session that moves", () => {
  it.each([{}, { cors: { origin: "*" } }])("goes on for its client, with the options %j", async (options) => {
    both = await TwoApps.start(setup, options);
    const client = await both.connect({ transports: ["polling"] });
    const ended: string[] = [];
    client.on("disconnect", (reason) => ended.push(reason));
    for (let round = 0; round < 4; round++) {
      await both.move();
      expect(await client.emitWithAck("echo", round)).toBe(round);
      expect(await client.emitWithAck("echo", Buffer.from("bytes"))).toEqual(Buffer.from("bytes"));
    }
    expect(ended).toEqual([]);
    expect(both.old.socket(client.id).recovered).toBe(true);
    expect(both.old.socket(client.id).conn.remoteAddress).toBe("127.0.0.1");
    expect(both.old.socket(client.id).request.socket.remoteAddress).toBe("127.0.0.1");
    expect([both.old.sessions.open, both.new.sessions.open]).toEqual([1, 0]);
  });

  it("has a GET that waits answered with nothing, on a connection that ends with it", async () => {
    both = await TwoApps.start(setup);
    const { session, connection } = await openRaw();
    connection.write(head("GET", session.target));
    const [socket] = both.old.io.sockets.sockets.values();
    const transport = socket?.conn.transport as unknown as { writable: boolean };
    await until(() => transport.writable);
    await both.move(session.sid);
    const answer = await connection.response();
    expect([answer.status, answer.body.toString(), answer.headers.get("connection")]).toEqual([
      200,
      "6",
      "close",
    ]);
    await connection.closes();
    const next = await connect();
    both.new.io.emit("news", 1);
    expect((await next.get(session.target)).body.toString()).toBe(event("news", 1));
    next.destroy();
  });

  it("waits for the end of a body that has begun", async () => {
    both = await TwoApps.start(setup);
    const { session, connection } = await openRaw();
    const body = event("hear", "whole");
    const post = head("POST", session.target, {
      "Content-Type": "text/plain",
      "Content-Length": `${body.length}`,
    });
    connection.write(post + body.slice(0, 5));
    await until(() => both.old.session().obstacle() !== undefined);
    expect([both.old.session().obstacle(), both.old.session().waitingFor()]).toEqual(["wait", "unfinished"]);
    expect(both.old.session().depart(() => {})).toBe("wait");
    connection.write(body.slice(5));
    expectOk(await connection.response());
    await both.move();
    expect(heard.splice(0)).toEqual(["whole"]);
    connection.destroy();
  });

  it("waits for requests that the app's middlewares have not let through", async () => {
    let letThrough: (() => void) | undefined;
    both = await TwoApps.start((io, app) => {
      setup(io, app);
      io.engine.use((request: { method: string }, _response: unknown, next: () => void) => {
        if (request.method === "POST" && armed) letThrough = next;
        else next();
      });
    });
    const { session, connection } = await openRaw();
    armed = true;
    const answered = connection.post(session.target, event("hear", "held"));
    await until(() => letThrough !== undefined);
    armed = false;
    expect([both.old.session().obstacle(), both.old.session().waitingFor()]).toEqual(["wait", "unfinished"]);
    letThrough?.();
    expectOk(await answered);
    await both.move();
    expect(heard.splice(0)).toEqual(["held"]);
    connection.destroy();
  });

  it("lets requests wait while it is on its way", async () => {
    both = await TwoApps.start(setup);
    const { session, connection } = await openRaw();
    both.old.transit.leaves(session.sid);
    const departed = await depart(both.old.session(), () => {});
    const posted = connection.post(session.target, event("hear", "on the way"));
    const other = await connect();
    const polled = other.get(session.target);
    // Long enough for a refusal.
    for (let i = 0; i < 20; i++) await turn();
    expect([connection.unread.length, other.unread.length]).toEqual([0, 0]);
    const arrived = both.new.codec.build(overTheWire(departed.record), departed.handle, () => {});
    arrived.announce();
    arrived.resume();
    both.old.transit.returned(session.sid);
    expectOk(await posted);
    expect(heard.splice(0)).toEqual(["on the way"]);
    both.new.io.emit("news");
    expect((await polled).body.toString()).toBe(event("news"));
    connection.destroy();
    other.destroy();
  });

  it("is not held up by an upgrade for longer than that takes, and moves as what it became", async () => {
    both = await TwoApps.start(setup);
    const { session, connection } = await openRaw();
    const upgrade = await connect();
    upgrade.write(upgradeRequest(session.target.replace("polling", "websocket")));
    const stream = new FrameStream(upgrade);
    await stream.switched();
    expect([both.old.session().obstacle(), both.old.session().waitingFor()]).toEqual(["wait", "unfinished"]);
    upgrade.write(textFrame("2probe"));
    expect(await stream.text(() => true)).toBe("3probe");
    upgrade.write(textFrame("5"));
    await until(() => both.old.session().transport === "websocket");
    const { departed } = await both.move();
    expect(departed.record.transport).toBe("websocket");
    upgrade.write(textFrame(`420${JSON.stringify(["echo", "upgraded"])}`));
    expect(await stream.text((text) => text.startsWith("43"))).toBe('430["upgraded"]');
    connection.destroy();
    upgrade.destroy();
  });

  it("may speak protocol 3, or poll by scripts", async () => {
    both = await TwoApps.start(setup, { allowEIO3: true });
    const connection = await connect();
    const opened = (await connection.get("/socket.io/?EIO=3&transport=polling")).body.toString();
    const { sid } = JSON.parse(/\{[^}]*\}/.exec(opened)?.[0] ?? "") as { sid: string };
    const target = `/socket.io/?EIO=3&transport=polling&sid=${sid}`;
    await connection.get(target);
    await both.move();
    const body = '420["echo","three"]';
    expectOk(await connection.post(target, `${body.length}:${body}`));
    expect((await connection.get(target)).body.toString()).toBe('12:430["three"]');
    await both.move();
    both.old.io.disconnectSockets(true);

    const script = (await connection.get("/socket.io/?EIO=4&transport=polling&j=5")).body.toString();
    const [, scripted] = /\\"sid\\":\\"([^\\]+)\\"/.exec(script) ?? [];
    const byScript = `/socket.io/?EIO=4&transport=polling&j=5&sid=${scripted}`;
    await both.move(scripted);
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    expectOk(await connection.post(byScript, "d=40", form));
    expect((await connection.get(byScript)).body.toString()).toMatch(/^___eio\[5\]\("40/);
    connection.destroy();
  });
});
