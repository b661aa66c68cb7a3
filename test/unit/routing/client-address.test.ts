import { describe, expect, it } from "vitest";
import { clientAddress, compileTrust } from "../../../src/routing/client-address.js";

const loopback = compileTrust(["loopback"]);

describe("clientAddress", () => {
  it("is the peer's where nobody is trusted", () => {
    expect(clientAddress("127.0.0.1", "203.0.113.9", compileTrust([]))).toBe("127.0.0.1");
  });

  it("is what a trusted proxy wrote", () => {
    expect(clientAddress("127.0.0.1", "203.0.113.9", loopback)).toBe("203.0.113.9");
    expect(clientAddress("::ffff:127.0.0.1", "203.0.113.9", loopback)).toBe("203.0.113.9");
  });

  it("does not believe what the client itself wrote in front", () => {
    expect(clientAddress("127.0.0.1", "10.9.9.9, 203.0.113.9", loopback)).toBe("203.0.113.9");
  });

  it("walks over every trusted hop", () => {
    const trust = compileTrust(["loopback", "10.0.0.0/8"]);
    expect(clientAddress("127.0.0.1", "203.0.113.9, 10.1.2.3", trust)).toBe("203.0.113.9");
  });

  it("stops at what is no address", () => {
    expect(clientAddress("127.0.0.1", "unknown", loopback)).toBe("127.0.0.1");
    expect(clientAddress("127.0.0.1", "", loopback)).toBe("127.0.0.1");
  });

  it("names the entry that is no network", () => {
    expect(() => compileTrust(["loopback", "10.0.0.0/99"])).toThrow('"10.0.0.0/99" is no address');
  });
});
