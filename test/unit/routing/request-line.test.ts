import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSid } from "../../../src/routing/request-line.js";

const NONE = { kind: "none" };
const INVALID = { kind: "invalid" };

describe("readSid", () => {
  it.each([
    ["/socket.io/", NONE],
    ["/socket.io/?EIO=4&transport=polling", NONE],
    ["/socket.io/?EIO=4&sid=0001abc", { kind: "one", sid: "0001abc" }],
    ["/socket.io/?sid=0001abc&EIO=4", { kind: "one", sid: "0001abc" }],
    ["/socket.io/?sid=", NONE],
    ["/socket.io/?sid", NONE],
    ["/socket.io/?asid=x&sidb=y", NONE],
    ["/sid=1/?EIO=4", NONE],
    ["/socket.io/?sid=a&sid=b", INVALID],
    ["/socket.io/?sid=a&%73id=b", INVALID],
    ["/socket.io/?%73%69%64=abc", { kind: "one", sid: "abc" }],
    ["/socket.io/?sid=a%2Fb", { kind: "one", sid: "a/b" }],
    ["/socket.io/?sid=a+b", { kind: "one", sid: "a b" }],
    ["/socket.io/?sid=%E0%A4%A", INVALID],
    ["/socket.io/?EIO=4#&sid=abc", NONE],
    ["http://host/socket.io/?sid=abc", { kind: "one", sid: "abc" }],
  ])("reads %s", (target, expected) => {
    expect(readSid(target)).toEqual(expected);
  });

  it("reads what URLSearchParams reads, wherever the parameter stands", () => {
    const name = fc.constantFrom("EIO", "transport", "t", "j", "b64", "x%20y");
    const others = fc.array(fc.tuple(name, fc.webQueryParameters().map(encodeURIComponent)));
    const sid = fc.string({ minLength: 1, unit: "grapheme" });
    fc.assert(
      fc.property(others, others, sid, (before, after, value) => {
        const query = [...before, ["sid", encodeURIComponent(value)] as const, ...after].map((pair) =>
          pair.join("="),
        );
        const target = `/socket.io/?${query.join("&")}`;
        const expected = new URLSearchParams(target.slice(target.indexOf("?"))).get("sid");
        expect(readSid(target)).toEqual({ kind: "one", sid: expected });
      }),
    );
  });

  it("never throws, whatever the request line holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(["none", "one", "invalid"]).toContain(readSid(`/?${text}`).kind);
      }),
    );
  });
});
