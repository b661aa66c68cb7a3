import { expect, it } from "vitest";
import { findUnixSocket, tcpSocketListens } from "../../../../src/primary/systemd/socket-tables.js";

const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
00000000fcfc01f0: 00000003 00000000 00000000 0001 03 11016742
0000000000000000: 00000002 00000000 00010000 0001 01 15322 /run/chat/0.sock
0000000000000000: 00000002 00000000 00010000 0005 01 15323 /run/with a space
0000000000000000: 00000002 00000000 00000000 0001 01 15324 /run/bound
0000000000000000: 00000002 00000000 00010000 0001 01    25 @abstract
`;
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0BB9 0100007F:8001 01 00000000:00000000 00:00000000 00000000     0        0 1235 1 0000000000000000 100 0 0 10 0
`;

it.each([
  ["15322", { listens: true, isStream: true, path: "/run/chat/0.sock" }],
  ["15323", { listens: true, isStream: false, path: "/run/with a space" }],
  ["15324", { listens: false, isStream: true, path: "/run/bound" }],
  ["11016742", { listens: false, isStream: true, path: undefined }],
  ["25", { listens: true, isStream: true, path: "\0abstract" }],
  ["322", undefined],
])("of Unix sockets, %s is %j", (inode, found) => {
  expect(findUnixSocket(UNIX, inode)).toEqual(found);
});

it.each([
  ["1234", true],
  ["1235", false],
  ["9", undefined],
])("whether the TCP socket %s listens: %s", (inode, listens) => {
  expect(tcpSocketListens(TCP, inode)).toBe(listens);
});
