/** Test helper: two apps that echo, join and remember, with one of the copies of socket.io; and what tests look for in them. */

import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import type { Socket as ServerSocket } from "socket.io";
import { type App, loadSocketIo, type Setup, TwoApps } from "./two-apps.js";

const setup: Setup = (io) => {
  const listen = (socket: ServerSocket): void => {
    socket.on("echo", (value, answer) => answer(value));
    socket.on("join", async (room, answer) => {
      await socket.join(room);
      answer();
    });
    socket.on("remember", (key, value, answer) => {
      socket.data[key] = value;
      answer();
    });
  };
  io.on("connection", listen);
  io.of("/second").on("connection", listen);
  io.of(/^\/game-\d+$/).on("connection", listen);
};

/** The one that the tests beside this use, and the oldest of each minor; `npm test` installs those. */
export const COPIES = ["..", "matrix/socket.io-4.7", "matrix/socket.io-4.6"].map((folder) => ({
  folder,
  url: new URL(`../../${folder}/package.json`, import.meta.url),
}));

/** @param url of the package.json beside the copy */
export function startEcho(url: URL, options: object): Promise<TwoApps> {
  if (!existsSync(new URL("node_modules", url)))
    throw new Error(`${url.href} is not installed: npm test installs it`);
  return TwoApps.start(setup, options, { socketIo: loadSocketIo(url) });
}

export const connectionsOf = ({ http }: App): Promise<number> =>
  new Promise((resolve) => http.getConnections((_error, count) => resolve(count)));

/** That of the only session. */
export function connectionOf({ io }: App): Socket {
  const [socket] = io.sockets.sockets.values();
  if (socket === undefined) throw new Error("nobody is here");
  return (socket.conn.transport as unknown as { socket: { _socket: Socket } }).socket._socket;
}

/** The next arguments of an event at the client. */
export const hears = (
  client: { once(event: string, listener: (...args: unknown[]) => void): void },
  event: string,
) => new Promise<unknown[]>((resolve) => client.once(event, (...args) => resolve(args)));
