/** Promise: a session that is taken apart in one place and built in another goes on as if nothing had been, for its client. */

import { afterEach, describe, expect, it } from "vitest";
import { move, moveAndTakeBack, type Setup, TwoApps, until } from "./handoff-codec/two-apps.js";

const setup: Setup = (io) => {
  const listen = (socket: import("socket.io").Socket): void => {
    socket.data.recovered = socket.recovered;
    socket.on("echo", (value, answer) => answer(value));
    socket.on("join", (room, answer) => {
      void socket.join(room);
      answer();
    });
    socket.on("where", (answer) => answer([...socket.rooms], socket.data, socket.recovered));
  };
  io.on("connection", listen);
  io.of("/second").on("connection", listen);
};

let both: TwoApps;
afterEach(() => both.close());

describe("a session that moves", () => {
  it("keeps its id, its rooms and its data, and its client notices nothing", async () => {
    both = await TwoApps.start(setup);
    const client = await both.connect({ auth: { token: "t" }, query: { tab: "3" } });
    const ended: string[] = [];
    client.on("disconnect", (reason) => ended.push(reason));
    await client.emitWithAck("join", "room");
    const before = both.old.socket(client.id);
    const { departed } = await move(both.old, both.new);

    const after = both.new.socket(client.id);
    expect(after.recovered).toBe(true);
    expect(after.rooms).toEqual(new Set([client.id, "room"]));
    expect(after.handshake).toEqual(before.handshake);
    expect(after.request.url).toBe(before.request.url);
    expect(after.request.headers).toEqual(before.request.headers);
    expect(after.conn.remoteAddress).toBe("127.0.0.1");
    expect(after.request.socket.remoteAddress).toBe("127.0.0.1");
    expect(both.old.ends).toEqual(["server handoff"]);
    expect(both.old.io.engine.clientsCount).toBe(0);
    expect([both.old.sessions.open, both.new.sessions.open, both.new.sessions.opened]).toEqual([0, 1, 0]);
    expect(await client.emitWithAck("echo", "text")).toBe("text");
    expect(await client.emitWithAck("echo", Buffer.from("bytes"))).toEqual(Buffer.from("bytes"));
    const heard = new Promise((resolve) => client.once("shout", resolve));
    both.new.io.to("room").emit("shout", "hello");
    expect(await heard).toBe("hello");
    expect(ended).toEqual([]);
    client.disconnect();
    await until(() => both.new.sessions.open === 0);
    expect(departed.pendingAcks).toBe(0);
  });

  it("comes back to where it was", async () => {
    both = await TwoApps.start(setup);
    const client = await both.connect();
    const departed = await moveAndTakeBack(both.old);
    departed.release();
    expect(await client.emitWithAck("echo", 1)).toBe(1);
    expect(both.old.socket(client.id).recovered).toBe(true);
    expect(both.old.sessions.open).toBe(1);
  });
});
