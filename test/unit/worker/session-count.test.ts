import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import type { Engine } from "../../../src/worker/internals/engine.js";
import { SessionCount } from "../../../src/worker/session-count.js";

function counted() {
  const published: number[] = [];
  const sessions = new SessionCount((load) => published.push(load));
  const engine = new EventEmitter();
  sessions.track(engine as unknown as Engine);
  const open = (request?: IncomingMessage): EventEmitter => {
    const session = Object.assign(new EventEmitter(), { request });
    engine.emit("connection", session);
    return session;
  };
  return { published, sessions, open };
}

describe("the count of sessions", () => {
  it("counts a handshake once, from the request to the end of its session", () => {
    const { published, sessions, open } = counted();
    const request = {} as IncomingMessage;
    sessions.reserve(request, new EventEmitter());
    const session = open(request);
    expect([sessions.load, sessions.open, sessions.opened]).toEqual([1, 1, 1]);
    session.emit("close");
    expect([sessions.load, sessions.open, sessions.opened]).toEqual([0, 0, 1]);
    // The board is written when the sum changes, and only then.
    expect(published).toEqual([1, 0]);
  });

  it("takes back a handshake that became no session", () => {
    const { published, sessions } = counted();
    const ends = new EventEmitter();
    sessions.reserve({} as IncomingMessage, ends);
    ends.emit("close");
    expect(sessions.load).toBe(0);
    expect(published).toEqual([1, 0]);
  });

  it("counts a session that nobody announced", () => {
    const { published, open } = counted();
    open().emit("close");
    expect(published).toEqual([1, 0]);
  });
});
