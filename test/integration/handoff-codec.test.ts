/** Promise: a session that is taken apart in one place and built in another goes on as if nothing had been, for its client. */

import { afterEach, describe, expect, it } from "vitest";
import { detachHandle, type RawHandle } from "../../src/worker/internals/handles.js";
import { COPIES, connectionOf, connectionsOf, hears, startEcho } from "./handoff-codec/echo-app.js";
import { frame, RawClient } from "./handoff-codec/raw-client.js";
import { depart, moveAndTakeBack, overTheWire, type TwoApps, turn, until } from "./handoff-codec/two-apps.js";

let both: TwoApps;
afterEach(() => both.close());

describe.each(COPIES)("a session that moves, with the socket.io of $folder", ({ url }) => {
  const start = (options = {}): Promise<TwoApps> => startEcho(url, options);

  it("keeps its id, rooms, data and handshake, and its client notices nothing", async () => {
    both = await start();
    expect(both.old.codec.unsupported).toBeUndefined();
    const client = await both.connect({ auth: { token: "t" }, query: { tab: "3" } });
    const ended: string[] = [];
    client.on("disconnect", (reason) => ended.push(reason));
    await client.emitWithAck("join", "room");
    await client.emitWithAck("remember", "bytes", Buffer.from("kept"));
    const before = both.old.socket(client.id);
    await both.move();

    const after = both.new.socket(client.id);
    expect(after.recovered).toBe(true);
    expect(after.rooms).toEqual(new Set([client.id, "room"]));
    expect(after.data).toEqual({ bytes: Buffer.from("kept") });
    expect(after.handshake).toEqual(before.handshake);
    expect(after.request.url).toBe(before.request.url);
    expect(after.request.rawHeaders).toEqual(before.request.rawHeaders);
    expect([after.conn.remoteAddress, after.request.socket.remoteAddress]).toEqual([
      "127.0.0.1",
      "127.0.0.1",
    ]);
    expect(both.old.ends).toEqual(["server handoff"]);
    expect([both.old.io.engine.clientsCount, both.new.io.engine.clientsCount]).toEqual([0, 1]);
    expect([both.old.sessions.open, both.new.sessions.open, both.new.sessions.opened]).toEqual([0, 1, 0]);
    expect([await connectionsOf(both.old), await connectionsOf(both.new)]).toEqual([0, 1]);

    expect(await client.emitWithAck("echo", "text")).toBe("text");
    expect(await client.emitWithAck("echo", Buffer.from("bytes"))).toEqual(Buffer.from("bytes"));
    const heard = hears(client, "shout");
    both.new.io.to("room").emit("shout", "hello");
    expect(await heard).toEqual(["hello"]);
    expect(ended).toEqual([]);
    client.disconnect();
    await until(() => both.new.sessions.open === 0);
    while ((await connectionsOf(both.new)) > 0) await turn();
    expect([both.new.io.engine.clientsCount, both.new.ends]).toEqual([0, ["client namespace disconnect"]]);
  });

  it("is in all its namespaces, those too that are made when somebody enters them", async () => {
    both = await start();
    const client = await both.connect();
    const others = ["/second", "/game-7"].map((name) => client.io.socket(name, {}));
    await until(() => others.every(({ connected }) => connected));
    await both.move();
    for (const other of others) expect(await other.emitWithAck("echo", other.id)).toBe(other.id);
    expect(both.new.io.of("/second").sockets.size).toBe(1);
    // Ack ids of a namespace that came with the session are no more used twice than those of the others.
    expect((both.new.io._nsps.get("/game-7") as unknown as { _ids: number })._ids).toBeGreaterThanOrEqual(
      1_000_000,
    );
  });

  it("brings answers to callbacks of the old worker, and what those send to the client", async () => {
    both = await start();
    const client = await both.connect();
    const asked = hears(client, "question");
    const socket = both.old.socket(client.id);
    const answers: unknown[] = [];
    socket.emit("question", (answer: unknown) => {
      answers.push(answer);
      socket.emit("thanks", answer);
      socket.emit("another", (second: unknown) => answers.push(second));
    });
    client.once("another", (answer) => answer("second"));
    const [reply] = (await asked) as [(value: unknown) => void];
    const { departed } = await both.move();
    expect(departed.pendingAcks).toBe(1);
    const thanks = hears(client, "thanks");
    reply("first");
    expect(await thanks).toEqual(["first"]);
    await until(() => answers.length === 2);
    expect(answers).toEqual(["first", "second"]);
    expect(departed.pendingAcks).toBe(0);
  });

  it("brings the client answers of handlers that still run in the old worker", async () => {
    both = await start();
    const client = await both.connect();
    let answer: ((value: unknown) => void) | undefined;
    both.old.socket(client.id).on("slow", (given) => {
      answer = given;
    });
    const answered = client.emitWithAck("slow");
    await until(() => answer !== undefined);
    await both.move();
    answer?.(Buffer.from("late"));
    expect(await answered).toEqual(Buffer.from("late"));
  });

  it("takes along what waits to be sent, in order", async () => {
    both = await start();
    const client = await both.connect();
    const heard: unknown[] = [];
    client.on("n", (n) => heard.push(n));
    const session = both.old.session();
    const socket = both.old.socket(client.id);
    const arrived = await (async () => {
      session.freeze();
      await turn();
      await turn();
      // The first makes the transport busy; those behind it wait.
      const engineTransport = socket.conn.transport as unknown as { writable: boolean };
      engineTransport.writable = false;
      for (const n of [1, Buffer.from("2"), "3"]) socket.emit("n", n);
      engineTransport.writable = true;
      const left = await depart(session, () => {});
      return both.new.codec.build(overTheWire(left.record), left.handle, () => {});
    })();
    arrived.announce();
    both.new.socket(client.id).emit("n", 4);
    arrived.late({ what: "packets", packets: [{ type: "message", data: '2["n",5]' }] });
    arrived.resume();
    await until(() => heard.length === 5);
    expect(heard).toEqual([1, Buffer.from("2"), "3", 4, 5]);
  });

  it("comes back to where it was, with the callbacks that waited", async () => {
    both = await start();
    const client = await both.connect();
    const asked = hears(client, "question");
    const socket = both.old.socket(client.id);
    const answers: unknown[] = [];
    socket.emit("question", (answer: unknown) => answers.push(answer));
    const [reply] = (await asked) as [(value: unknown) => void];
    const departed = await moveAndTakeBack(both.old);
    departed.release();
    reply("yes");
    await until(() => answers.length === 1);
    expect(answers).toEqual(["yes"]);
    expect(await client.emitWithAck("echo", 1)).toBe(1);
    // Code that holds the socket from before still reaches the client.
    const heard = hears(client, "old");
    socket.emit("old", "socket");
    expect(await heard).toEqual(["socket"]);
    expect(both.old.socket(client.id).recovered).toBe(true);
    expect([both.old.sessions.open, both.old.io.engine.clientsCount]).toEqual([1, 1]);
  });

  it("shows handlers of its end the rooms that it leaves, and carries on what the app does later", async () => {
    both = await start();
    const client = await both.connect();
    await client.emitWithAck("join", "room");
    const socket = both.old.socket(client.id);
    const seen: unknown[] = [];
    const heard: unknown[] = [];
    client.onAny((...event) => heard.push(event));
    socket.on("disconnecting", (reason) => {
      seen.push(reason, [...socket.rooms]);
      socket.emit("not sent");
      void socket.leave("room");
    });
    socket.on("disconnect", (reason) => seen.push(reason, [...socket.rooms]));
    await both.move();
    expect(seen).toEqual(["server handoff", [client.id, "room"], "server handoff", []]);
    expect(both.new.socket(client.id).rooms).toEqual(new Set([client.id, "room"]));

    void socket.join(["a", "b"]);
    void socket.leave("room");
    expect(both.new.socket(client.id).rooms).toEqual(new Set([client.id, "a", "b"]));
    const ended = new Promise((resolve) => client.once("disconnect", resolve));
    socket.disconnect();
    expect(await ended).toBe("io server disconnect");
    expect(heard).toEqual([]);
  });

  it("is pinged when it is due, however often it moves", async () => {
    both = await start({ pingInterval: 800, pingTimeout: 800 });
    const client = await both.connect();
    let pings = 0;
    const ended: string[] = [];
    client.on("disconnect", (reason) => ended.push(reason));
    client.io.engine.on("packet", ({ type }: { type: string }) => {
      if (type === "ping") pings++;
    });
    // The client waits for 1600 ms: if each move began its 800 ms anew, no ping would ever come.
    while (pings === 0 && ended.length === 0) {
      await both.move();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(ended).toEqual([]);
  });

  it("ends when its client does not answer a ping that it was sent before", async () => {
    both = await start({ pingInterval: 200, pingTimeout: 300 });
    const client = await RawClient.enter(both.old.port);
    await client.stream.text((text) => text === "2");
    await both.move();
    await until(() => both.new.ends.length > 0);
    expect(both.new.ends).toEqual(["ping timeout"]);
    client.close();
  });

  it("ends when it enters no namespace in time", async () => {
    both = await start({ connectTimeout: 300 });
    const client = await RawClient.open(both.old.port);
    await both.move();
    expect(both.new.sessions.open).toBe(1);
    await until(() => both.new.sessions.open === 0);
    client.close();
  });

  it("may speak protocol 3", async () => {
    both = await start({ allowEIO3: true });
    const client = await RawClient.open(both.old.port, 3);
    const { connection, stream } = client;
    await until(() => both.old.io.of("/").sockets.size === 1);
    await stream.text((text) => text === "40");
    connection.write(frame('420["echo","before"]'));
    expect(await stream.text((text) => text.startsWith("43"))).toBe('430["before"]');
    await both.move();
    connection.write(frame("2"));
    connection.write(frame('421["echo","after"]'));
    // No second `open`, no second `connect`.
    expect(await stream.text(() => true)).toBe("3");
    expect(await stream.text(() => true)).toBe('431["after"]');
    client.close();
  });

  it("comes back from a worker that has served it and died, without anything twice", async () => {
    both = await start();
    const client = await RawClient.enter(both.old.port);
    const echo = frame('420["echo","in two parts"]');
    const [socket] = both.old.io.sockets.sockets.values();
    const connection = connectionOf(both.old);
    const expected = connection.bytesRead + 9;
    client.write(echo.subarray(0, 9));
    await until(() => connection.bytesRead === expected);
    const transport = socket?.conn.transport as unknown as { writable: boolean };
    transport.writable = false;
    socket?.emit("waited");
    transport.writable = true;
    const { departed } = await both.move();
    client.write(echo.subarray(9));
    const heard = [await client.stream.text(() => true), await client.stream.text(() => true)];
    expect(heard).toEqual(['42["waited"]', '430["in two parts"]']);

    // The new worker is gone, and its descriptor with it: that of the old one is the same connection.
    detachHandle(connectionOf(both.new), departed.handle as RawHandle);
    const arrived = both.old.codec.build(departed.record, departed.handle, () => {});
    arrived.announce();
    arrived.resume();
    client.write(frame('421["echo","back"]'));
    // Nobody knows when it was pinged last.
    expect([await client.stream.text(() => true), await client.stream.text(() => true)].sort()).toEqual([
      "2",
      '431["back"]',
    ]);
    client.close();
  });

  it("is closed without a byte when nobody else has it", async () => {
    both = await start();
    const client = await RawClient.enter(both.old.port);
    const departed = await depart(both.old.session(), () => {});
    departed.release();
    await client.connection.closes();
    expect(client.connection.unread.length).toBe(0);
  });
});
