import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { TrustProxy } from "../../../src/config/trust-proxy.js";
import { ClientResolver } from "../../../src/worker/client-resolver.js";
import { nameEnds, showOnConnection, showOnRequest } from "../../../src/worker/internals/client-socket.js";

const CLIENT = { address: "203.0.113.9", port: 4711 };

function connection(peer = "127.0.0.1"): Socket {
  return Object.defineProperty(new Socket(), "remoteAddress", { value: peer, configurable: true });
}

function requestOf(socket: Socket, headers: Record<string, string> = {}): IncomingMessage {
  return Object.assign(new IncomingMessage(socket), { headers });
}

function resolver(trustProxy: TrustProxy, said: string[] = []): ClientResolver {
  return new ClientResolver({ trustProxy, trustHeader: "auto", warn: (sentence) => said.push(sentence) });
}

describe("a request with its client shown", () => {
  it("has a socket that differs from the connection in nothing but the client", () => {
    const socket = connection();
    const request = requestOf(socket);
    showOnRequest(request, CLIENT);
    const { socket: shown } = request;
    expect([shown.remoteAddress, shown.remotePort, shown.remoteFamily]).toEqual([
      "203.0.113.9",
      4711,
      "IPv4",
    ]);
    expect(request.connection.remoteAddress).toBe("203.0.113.9");
    expect(socket.remoteAddress).toBe("127.0.0.1");
    expect(requestOf(socket).socket.remoteAddress).toBe("127.0.0.1");
    expect(shown).toBeInstanceOf(Socket);
    expect(shown.write).toBe(shown.write);
    shown.setTimeout(1234);
    expect(socket.timeout).toBe(1234);
    Object.assign(shown, { user: "anna" });
    expect(socket).toHaveProperty("user", "anna");
    const heard: string[] = [];
    shown.on("note", (text) => heard.push(text));
    socket.emit("note", "hello");
    expect(heard).toEqual(["hello"]);
    shown.destroy();
    expect(socket.destroyed).toBe(true);
  });

  it("has the same client however often somebody asks", () => {
    const trust = resolver(2);
    const request = requestOf(connection(), { "x-forwarded-for": "198.51.100.1, 203.0.113.9, 10.0.0.1" });
    expect(trust.clientOf(request)).toMatchObject({ address: "203.0.113.9" });
    showOnRequest(request, CLIENT);
    expect(trust.clientOf(request)).toMatchObject({ address: "203.0.113.9" });
    showOnConnection(request.socket, CLIENT);
    expect(trust.clientOf(request)).toMatchObject({ address: "203.0.113.9" });
  });
});

describe("the resolver", () => {
  it("says nothing where the connection shows the client already", () => {
    const header = { "x-forwarded-for": "203.0.113.9" };
    expect(resolver([]).clientOf(requestOf(connection(), header))).toBeUndefined();
    expect(resolver(["10.0.0.0/8"]).clientOf(requestOf(connection(), header))).toBeUndefined();
    expect(resolver(["loopback"]).clientOf(requestOf(connection()))).toBeUndefined();
    const named = connection();
    nameEnds(named, CLIENT);
    expect(named.remoteAddress).toBe("203.0.113.9");
    expect(
      resolver(["loopback"]).clientOf(requestOf(named, { "x-forwarded-for": "6.6.6.6" })),
    ).toBeUndefined();
  });

  it("does not take a connection that is gone for a Unix socket", () => {
    const gone = new Socket();
    gone.destroy();
    expect(resolver(["unix"]).clientOf(requestOf(gone, { "x-forwarded-for": "6.6.6.6" }))).toBeUndefined();
  });

  it("warns once of a proxy that sends Forwarded alone", () => {
    const said: string[] = [];
    const trust = resolver(["loopback"], said);
    trust.clientOf(requestOf(connection(), { "x-forwarded-for": "203.0.113.9" }));
    trust.clientOf(requestOf(connection("192.0.2.1"), { forwarded: "for=203.0.113.9" }));
    expect(said).toEqual([]);
    for (let turn = 0; turn < 3; turn++)
      trust.clientOf(requestOf(connection(), { forwarded: "for=203.0.113.9" }));
    expect(said).toHaveLength(1);
  });
});
