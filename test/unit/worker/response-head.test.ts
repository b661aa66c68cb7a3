import { describe, expect, it } from "vitest";
import { ResponseHeadReader } from "../../../src/worker/forward/response-head.js";

const TEXT =
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: now\r\nConnection: close\r\nKeep-Alive: timeout=5\r\n\r\nbody";

describe("ResponseHeadReader", () => {
  it("reads a head cut at every byte, without the headers of the connection", () => {
    const bytes = Buffer.from(TEXT);
    for (let at = 1; at < bytes.length; at++) {
      const reader = new ResponseHeadReader();
      const first = reader.push(bytes.subarray(0, at));
      const read = first ?? reader.push(bytes.subarray(at));
      const rest = first === undefined ? read?.rest : Buffer.concat([first.rest, bytes.subarray(at)]);
      expect(read?.head).toEqual({
        status: 200,
        message: "OK",
        headers: ["Content-Type", "text/plain", "Set-Cookie", "a=1", "Set-Cookie", "b=2"],
      });
      expect(rest?.toString()).toBe("body");
    }
  });

  it("refuses what is no head", () => {
    expect(() => new ResponseHeadReader().push(Buffer.from("SSH-2.0\r\n\r\n"))).toThrow("damaged");
    expect(() => new ResponseHeadReader().push(Buffer.alloc(300 * 1024, 65))).toThrow("too long");
  });
});
