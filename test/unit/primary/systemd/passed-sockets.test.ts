import { describe, expect, it } from "vitest";
import type { PassedSocket } from "../../../../src/primary/systemd/passed-socket.js";
import { PassedSockets } from "../../../../src/primary/systemd/passed-sockets.js";
import { unclaimedWords } from "../../../../src/primary/systemd/unclaimed.js";
import type { ListenAddress, ListenTarget } from "../../../../src/protocol/messages.js";

let closed: number[] = [];
/** The descriptors 3, 4 and so on. */
function passed(...sockets: [name: string, address: ListenAddress][]): PassedSockets {
  closed = [];
  const all = sockets.map(([name, address], index): PassedSocket => {
    const fd = 3 + index;
    return { fd, name, address, handle: { close: () => void closed.push(fd) } };
  });
  return new PassedSockets(all);
}

const at = (address: string, port: number): ListenAddress => ({
  address,
  port,
  family: address.includes(":") ? "IPv6" : "IPv4",
});
const tcp = (port: number, host?: string): ListenTarget => ({
  kind: "tcp",
  port,
  ipv6Only: false,
  ...(host && { host }),
});
const pipe = (path: string): ListenTarget => ({ kind: "pipe", path, readableAll: false, writableAll: false });
const fdOf = (sockets: PassedSockets, target: ListenTarget, first = false): number | undefined =>
  sockets.claim(target, first)?.fd;

describe("a server gets", () => {
  it("the socket that is named after what it asks for, before one that listens there", () => {
    const sockets = passed(["a", at("::", 3000)], ["3000", at("::", 80)], ["/run/chat", "\0x"]);
    expect(fdOf(sockets, tcp(3000))).toBe(4);
    expect(fdOf(sockets, pipe("/run/chat"))).toBe(5);
  });

  it("the socket of just its address, before one of every address", () => {
    const sockets = passed(["a", at("::", 3000)], ["a", at("10.0.0.1", 3000)], ["a", at("127.0.0.1", 4000)]);
    expect(fdOf(sockets, tcp(3000, "10.0.0.1"))).toBe(4);
    expect(fdOf(sockets, tcp(3000, "127.0.0.1"))).toBe(3);
    expect(fdOf(sockets, tcp(4000))).toBe(5);
    expect(fdOf(sockets, tcp(4000, "10.0.0.1"))).toBeUndefined();
  });

  it("nothing, where nothing fits and it is not the first that speaks HTTP", () => {
    const sockets = passed(["a", at("::", 3000)], ["a", "/run/a"]);
    expect(fdOf(sockets, tcp(3001))).toBeUndefined();
    expect(fdOf(sockets, pipe("/run/b"))).toBeUndefined();
    expect(fdOf(sockets, tcp(0))).toBeUndefined();
  });
});

describe("the first server that speaks HTTP gets", () => {
  it("what fits, before what is first", () => {
    expect(fdOf(passed(["a", at("::", 80)], ["a", at("::", 3000)]), tcp(3000), true)).toBe(4);
  });

  it("else the first that is left, in every worker and with new code too", () => {
    const sockets = passed(["a", at("::", 9000)], ["a", at("::", 80)], ["a", at("::", 81)]);
    expect(fdOf(sockets, tcp(9000))).toBe(3);
    expect(fdOf(sockets, tcp(3000), true)).toBe(4);
    expect(fdOf(sockets, tcp(3000), true)).toBe(4);
    expect(fdOf(sockets, tcp(3001), true)).toBe(4);
    // Two servers never share one.
    expect(fdOf(sockets, tcp(80))).toBeUndefined();
  });
});

it("those that nobody claimed are named in a warning, and all are given back at the end", () => {
  const sockets = passed(["http", at("::1", 80)], ["chat.socket", "\0abstract"], ["x", at("10.0.0.1", 1)]);
  expect(unclaimedWords([])).toBeUndefined();
  sockets.claim(tcp(1), false);
  expect(unclaimedWords(sockets.unclaimed)).toBe(
    '2 sockets of LISTEN_FDS have no server, so clients wait there in vain: [::1]:80 (descriptor 3, "http"), @abstract (descriptor 4, "chat.socket"). Take them out of the socket unit, or name each with FileDescriptorName= after the port or path that the app listens on.',
  );
  sockets.close();
  expect(closed).toEqual([3, 4, 5]);
});
