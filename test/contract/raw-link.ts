/** Links of the mesh made by hand, to say what no worker says. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { expect } from "vitest";
import { MeshFrame } from "../../src/bus/mesh-frames.js";
import { encodeFrame } from "../../src/protocol/frames.js";
import {
  encodeHello,
  encodeWelcome,
  type PeerIdentity,
  PROTOCOL_VERSION,
  WELCOME_TYPE,
} from "../../src/protocol/hello.js";
import { until, type Worker } from "./mesh-fleet.js";

const cleanups: (() => void)[] = [];

/** Closes all that was made here. */
export function endRawLinks(): void {
  for (const cleanup of cleanups.splice(0)) cleanup();
}

/** A Unix socket that is no worker. */
export async function serve(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

/** The accepting side of a link, by hand. */
export function answerHello(socket: Socket, identity: PeerIdentity): void {
  socket.once("data", () => {
    socket.write(encodeWelcome());
    socket.write(encodeFrame(MeshFrame.READY, 0, Buffer.from(JSON.stringify(identity))));
  });
}

/** The dialling side of a link, by hand; resolves once the worker took it. */
export async function rawLink({ mesh, linkServer }: Worker, identity: PeerIdentity): Promise<Socket> {
  const socket = connect(linkServer.path);
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  socket.write(encodeHello({ version: PROTOCOL_VERSION, kind: "bus", fleet: "test", ...identity }));
  const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  expect(first[4]).toBe(WELCOME_TYPE);
  socket.resume();
  await until(() => mesh.peers().some((peer) => peer.identity.incarnation === identity.incarnation));
  return socket;
}
