import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { deflateObstacle, exportDeflate } from "../../../../src/worker/internals/deflate.js";
import { MovedWebSocket } from "../../../helpers/moved-websocket.js";

const WINDOW = 32_768;

/** As an app sends them: each is much like the one before. */
const updates = (from: number, count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) =>
    Buffer.from(JSON.stringify({ event: "update", number: from + index, text: "lorem ipsum ".repeat(20) })),
  );

const windowOf = (moved: MovedWebSocket): Uint8Array =>
  exportDeflate(moved.extensions)?.window ?? new Uint8Array();

describe("a WebSocket with context takeover", () => {
  it("goes on both ways where it is built again, hundreds of messages before and after", async () => {
    const moved = await MovedWebSocket.open();
    await moved.talk(updates(0, 300));
    moved.move();
    await moved.talk(updates(300, 300));
  });

  it("moves again at once, and after each message", async () => {
    const moved = await MovedWebSocket.open();
    for (let turn = 0; turn < 20; turn++) {
      await moved.talk(updates(turn, 1));
      moved.move();
      moved.move();
    }
    await moved.talk(updates(20, 50));
  });

  it("tells its window, and goes on where it is, too", async () => {
    const moved = await MovedWebSocket.open();
    let said = Buffer.alloc(0);
    for (const size of [1, 1, 1, 297, 5000, WINDOW - 5301, 1, WINDOW, WINDOW + 1]) {
      const message = randomBytes(size);
      await moved.talk([message]);
      said = Buffer.concat([said, message]).subarray(-WINDOW);
      expect(Buffer.from(windowOf(moved)).equals(said)).toBe(true);
      await moved.talk([said]);
      said = Buffer.concat([said, said]).subarray(-WINDOW);
    }
  });

  // Random bytes cannot be compressed but by what was sent before: the client must refer to the far end of its window.
  it.each([1, 2, 3, 257, 258, 259, WINDOW - 300, WINDOW - 262, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW])(
    "carries a message of %i bytes that the next one repeats",
    async (size) => {
      const moved = await MovedWebSocket.open();
      const message = randomBytes(size);
      await moved.talk([message]);
      moved.move();
      await moved.talk([message, message, message]);
    },
  );

  it("breaks without the window, so that the tests above can fail", async () => {
    const moved = await MovedWebSocket.open();
    await moved.talk(updates(0, 50));
    moved.move(({ params }) => ({ params }));
    await expect(moved.talk(updates(50, 50))).rejects.toThrow(/too far back/);
  });

  it("breaks with a window that ends one byte early", async () => {
    const moved = await MovedWebSocket.open();
    await moved.talk(updates(0, 50));
    moved.move(({ params, window }) => ({ params, window: (window as Uint8Array).subarray(0, -1) }));
    await expect(moved.talk(updates(50, 50))).rejects.toThrow(/is another|too far back|invalid/);
  });

  it("does not take messages that were not compressed for a part of its window", async () => {
    const moved = await MovedWebSocket.open();
    await moved.talk(updates(0, 3));
    const before = windowOf(moved);
    const heard = once(moved.server, "message");
    moved.client.send("not compressed", { compress: false });
    await heard;
    expect(windowOf(moved)).toEqual(before);
    moved.move();
    await moved.talk(updates(3, 50));
  });

  it("waits for the end of a message that comes in fragments, and counts all of them", async () => {
    const moved = await MovedWebSocket.open();
    const fragments = [randomBytes(1000), randomBytes(1000), randomBytes(1000)];
    for (const fragment of fragments.slice(0, 2)) moved.client.send(fragment, { fin: false });
    await moved.inflated(2);
    expect(deflateObstacle(moved.extensions)).toBe("wait");
    const whole = once(moved.server, "message");
    moved.client.send(fragments[2] as Buffer);
    await whole;
    expect(deflateObstacle(moved.extensions)).toBeUndefined();
    expect(Buffer.from(windowOf(moved)).equals(Buffer.concat(fragments))).toBe(true);
    moved.move();
    await moved.talk(fragments);
  });

  it("has no window after a client ended its stream", async () => {
    const moved = await MovedWebSocket.open();
    await moved.talk(updates(0, 3));
    moved.sendCompressed(deflateRawSync("the end"));
    expect(String((await once(moved.server, "message"))[0])).toBe("the end");
    expect(exportDeflate(moved.extensions)?.window).toBeUndefined();
    moved.move();
    moved.sendCompressed(deflateRawSync("another end"));
    expect(String((await once(moved.server, "message"))[0])).toBe("another end");
  });

  it("cannot move where it was not followed from the start", async () => {
    const moved = await MovedWebSocket.open({ followed: false });
    expect(deflateObstacle(moved.extensions)).toBeUndefined();
    await moved.talk(updates(0, 1));
    expect(deflateObstacle(moved.extensions)).toBe("version");
  });
});

describe.each([9, 10, 11, 12, 13, 14, 15])("with windows of %i bits", (bits) => {
  it("goes on both ways, to the far end of the window", async () => {
    const sizes = { clientMaxWindowBits: bits, serverMaxWindowBits: bits };
    const moved = await MovedWebSocket.open({ server: sizes, client: sizes });
    expect(exportDeflate(moved.extensions)?.params).toMatchObject({ client_max_window_bits: bits });
    const message = randomBytes(2 ** bits - 262);
    await moved.talk([message, ...updates(0, 50), message]);
    moved.move();
    await moved.talk([message, message, ...updates(50, 50)]);
    expect(exportDeflate(moved.extensions)?.window).toHaveLength(2 ** bits);
  });
});

describe("where one side begins each message anew", () => {
  it.each([
    ["the client", { clientNoContextTakeover: true }, false],
    ["the server", { serverNoContextTakeover: true }, true],
    ["both", { clientNoContextTakeover: true, serverNoContextTakeover: true }, false],
  ])("%s: goes on, and carries a window only for the client's context", async (_who, server, carries) => {
    const moved = await MovedWebSocket.open({ server });
    await moved.talk(updates(0, 100));
    expect(exportDeflate(moved.extensions)?.window !== undefined).toBe(carries);
    moved.move();
    await moved.talk(updates(100, 100));
  });
});
