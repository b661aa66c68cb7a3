import fc from "fast-check";
import { encode } from "notepack.io";
import { describe, expect, it } from "vitest";
import { decodeBroadcast, decodeRequest } from "../../../src/bridge/emitter/orders.js";
import { mutated } from "../../helpers/mutated-bytes.js";

const PACKET = { type: 2, nsp: "/", data: ["news", 1] };
const broadcast = (uid: unknown, packet: unknown, opts?: unknown, channel = "k#/#") =>
  decodeBroadcast("k", channel, encode([uid, packet, opts]));
const request = (value: unknown, channel = "k-request#/#") =>
  decodeRequest("k", channel, Buffer.from(JSON.stringify(value)));

describe("orders of an emitter", () => {
  it("may leave out what is empty, as those in other languages do", () => {
    const opts = { rooms: [], except: [], flags: {} };
    const order = { kind: "broadcast", namespace: "/", opts, packet: PACKET };
    expect(broadcast("emitter", PACKET)).toEqual(order);
    expect(broadcast("emitter", { ...PACKET, type: 5 }, { rooms: null })).toEqual(order);
    expect(
      broadcast("emitter", PACKET, { rooms: ["r"], flags: { volatile: true, timeout: 5 } }, "k#/#r#"),
    ).toEqual({
      ...order,
      opts: { rooms: ["r"], except: [], flags: { volatile: true } },
    });
  });

  it("of servers of Socket.IO on the same channels are not for us", () => {
    expect(broadcast("aB3xY9", PACKET)).toBe("foreign");
    expect(request({ uid: "aB3xY9", requestId: "1", type: 0 })).toBe("foreign");
    expect(request({ uid: "aB3xY9", type: 6, data: ["hello"] })).toBe("foreign");
    expect(request({ type: 5, opts: {} })).toBe("foreign");
  });

  it.each([
    ["a packet that is no event", broadcast("emitter", { ...PACKET, type: 1 })],
    ["an event without a name", broadcast("emitter", { ...PACKET, data: [1] })],
    ["a name that Socket.IO keeps for itself", broadcast("emitter", { ...PACKET, data: ["disconnect"] })],
    ["no packet", broadcast("emitter", null)],
    ["a namespace that is not the channel's", broadcast("emitter", { ...PACKET, nsp: "/admin" })],
    ["rooms that are no list", broadcast("emitter", PACKET, { rooms: "r" })],
    ["rooms that are no text", broadcast("emitter", PACKET, { rooms: [["r"]] })],
    ["no list", decodeBroadcast("k", "k#/#", encode({ a: 1 }))],
    ["a join without rooms", request({ type: 2, opts: {}, rooms: [] })],
    ["a leave of one room that is no list", request({ type: 3, opts: {}, rooms: "r" })],
    ["an event for the servers without a name", request({ type: 6, data: [] })],
    ["a channel without a namespace", request({ type: 4 }, "k-request##")],
    ["JSON that is no object", request(7)],
  ])("%s makes no sense", (_what, decoded) => {
    expect(decoded).toBe("malformed");
  });

  it("of any bytes make no exception", () => {
    const packed = fc.constant(
      encode(["emitter", PACKET, { rooms: ["a", "b"], except: ["c"], flags: { volatile: true } }]),
    );
    fc.assert(
      fc.property(mutated(packed), (bytes) => typeof decodeBroadcast("k", "k#/#", bytes) !== "undefined"),
    );
    const json = fc.constant(Buffer.from(JSON.stringify({ type: 2, opts: { rooms: ["a"] }, rooms: ["b"] })));
    fc.assert(
      fc.property(mutated(json), (bytes) => typeof decodeRequest("k", "k-request#/#", bytes) !== "undefined"),
    );
  });
});
