import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHUNK, WINDOW } from "../../../src/protocol/forward-frames.js";
import { ReceiveWindow, SendWindow } from "../../../src/worker/forward/window.js";

describe("flow control of a stream", () => {
  it("lets the end overtake nothing that waits for credit", () => {
    const wire: (number | "end")[] = [];
    const window = new SendWindow((chunk) => wire.push(chunk.length));
    window.write(Buffer.alloc(WINDOW + 10), () => {});
    window.finish(() => wire.push("end"));
    expect(wire).not.toContain("end");
    window.grant(5);
    expect(wire).not.toContain("end");
    window.grant(5);
    expect(wire.slice(-3)).toEqual([5, 5, "end"]);
  });

  it("ends at once where nothing waits", () => {
    const wire: string[] = [];
    new SendWindow(() => {}).finish(() => wire.push("end"));
    expect(wire).toEqual(["end"]);
  });

  it("never has more than the window under way, and brings every byte in order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 * WINDOW }), { minLength: 1, maxLength: 8 }),
        (sizes) => {
          const wire: Buffer[] = [];
          let underWay = 0;
          let most = 0;
          const window = new SendWindow((chunk) => {
            expect(chunk.length).toBeLessThanOrEqual(CHUNK);
            underWay += chunk.length;
            most = Math.max(most, underWay);
            wire.push(Buffer.from(chunk));
          });
          const receiver = new ReceiveWindow((bytes) => window.grant(bytes));
          const sent = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));
          let offset = 0;
          let received = 0;
          for (const size of sizes) {
            let done = false;
            window.write(sent.subarray(offset, offset + size), () => {
              done = true;
            });
            offset += size;
            while (!done) {
              const chunk = wire[received++] as Buffer;
              underWay -= chunk.length;
              receiver.consumed(chunk.length);
            }
          }
          expect(most).toBeLessThanOrEqual(WINDOW);
          expect(Buffer.concat(wire).equals(sent)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });
});
