/** Test helper: the official JavaScript clients of three major versions behind one small interface. */

import type { Agent } from "node:http";
import { createRequire } from "node:module";
import { io as version4 } from "socket.io-client";

export type Transport = "polling" | "websocket";

export type ClientOptions = {
  readonly transports: readonly Transport[];
  readonly agent?: Agent;
  readonly query?: Readonly<Record<string, string>>;
  readonly extraHeaders?: Readonly<Record<string, string>>;
};

type Listener = (...args: never[]) => void;

/** What a socket of any version can do. */
export type ClientSocket = {
  readonly id: string;
  readonly io: {
    readonly engine: { readonly id: string; readonly transport: { readonly name: string } };
    on(event: string, listener: Listener): unknown;
    socket(namespace: string): ClientSocket;
  };
  on(event: string, listener: Listener): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
};

export type OfficialClient = {
  readonly name: string;
  connect(url: string, options: ClientOptions): ClientSocket;
};

type Connect = (url: string, options: object) => unknown;

// Neither has types that its import finds.
const require = createRequire(import.meta.url);
const version3 = (require("socket.io-client-3") as { io: Connect }).io;
const version2 = require("socket.io-client-2") as Connect;

export const CLIENT_V4 = officialClient("socket.io-client 4", version4);
export const CLIENT_V3 = officialClient("socket.io-client 3", version3);
/** Speaks Engine.IO 3. */
export const CLIENT_V2 = officialClient("socket.io-client 2", version2);

/** How a session may travel. */
export const TRANSPORTS: readonly { readonly name: string; readonly transports: readonly Transport[] }[] = [
  { name: "websocket only", transports: ["websocket"] },
  { name: "polling only", transports: ["polling"] },
  { name: "polling, then upgraded", transports: ["polling", "websocket"] },
];

/** Every call makes a session of its own. Nothing is tried again: what fails once is a fault. */
function officialClient(name: string, connect: Connect): OfficialClient {
  return {
    name,
    connect: (url, options) =>
      connect(url, { ...options, forceNew: true, reconnection: false, timeout: 15_000 }) as ClientSocket,
  };
}
