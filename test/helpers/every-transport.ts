/** Test helper: official clients on every transport against one app; whatever one of them meets is told. */

import { Agent } from "node:http";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";

export const TRANSPORTS = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
} as const;

export type TransportName = keyof typeof TRANSPORTS;

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** What is said: the event, and the answer that the app owes for a text. */
export type Question = { readonly event: string; readonly answer: (text: string) => string };

const ECHO: Question = { event: "echo", answer: (text) => text };

export type Talk = {
  /** Which slots owned the sessions, by their sids. */
  readonly slots: Set<number>;
  /** What went wrong, a line for each client that met it. */
  readonly errors: string[];
};

const WITHIN = 15_000;

/** Connects, talks and disconnects `clients` at once. Unless told otherwise, the app answers the event `echo` with what it got. */
export async function talk(
  url: string,
  transport: TransportName,
  clients: number,
  options: ClientOptions = {},
  question: Question = ECHO,
): Promise<Talk> {
  const result: Talk = { slots: new Set(), errors: [] };
  const one = async (index: number): Promise<void> => {
    const socket = newClient(url, transport, options);
    try {
      await converse(socket, transport, question, result);
    } catch (error) {
      result.errors.push(`${transport} ${index}: ${(error as Error).message}`);
    } finally {
      socket.disconnect();
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => one(index)));
  return result;
}

/** Talks on each of the transports. @returns everything together */
export async function talkOnAll(
  url: string,
  clients: number,
  options: ClientOptions = {},
  question: Question = ECHO,
): Promise<Talk> {
  const result: Talk = { slots: new Set(), errors: [] };
  for (const transport of Object.keys(TRANSPORTS) as TransportName[]) {
    const { slots, errors } = await talk(url, transport, clients, options, question);
    for (const slot of slots) result.slots.add(slot);
    result.errors.push(...errors);
  }
  return result;
}

/** Polls, on connections that are kept between requests, as browsers have them. */
export async function talkOnKeptConnections(url: string, clients: number): Promise<Talk> {
  const agent = new Agent({ keepAlive: true });
  try {
    // The type knows no agents of Node; the client takes them.
    return await talk(url, "polling", clients, { agent: agent as unknown as string });
  } finally {
    agent.destroy();
  }
}

export function newClient(url: string, transport: TransportName, options: ClientOptions = {}): Socket {
  return io(url, { transports: [...TRANSPORTS[transport]], forceNew: true, reconnection: false, ...options });
}

/** @throws what the client was told when it could not connect, or that nothing came in time */
export function connected(socket: Socket): Promise<void> {
  if (socket.connected) return Promise.resolve();
  return inTime("connect", (resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("connect_error", reject);
  });
}

/** @throws when the transport does not become a WebSocket in time */
export function upgraded(socket: Socket): Promise<void> {
  const { engine } = socket.io;
  if (engine.transport.name === "websocket") return Promise.resolve();
  return inTime("upgrade", (resolve, reject) => {
    engine.once("upgrade", () => resolve());
    engine.once("close", (reason: string) => reject(new Error(`closed: ${reason}`)));
  });
}

export function slotOf(socket: Socket): number {
  return Number.parseInt((socket.io.engine as unknown as { id: string }).id.slice(2, 4), 36);
}

async function converse(
  socket: Socket,
  transport: TransportName,
  question: Question,
  talk: Talk,
): Promise<void> {
  socket.on("disconnect", (reason) => {
    if (reason !== "io client disconnect") talk.errors.push(`${transport}: disconnected by ${reason}`);
  });
  await connected(socket);
  talk.slots.add(slotOf(socket));
  await ask(socket, question, "first");
  if (transport === "upgrade") await upgraded(socket);
  await ask(socket, question, "second");
}

async function ask(socket: Socket, { event, answer }: Question, text: string): Promise<void> {
  const got: unknown = await socket.timeout(WITHIN).emitWithAck(event, text);
  if (got !== answer(text)) throw new Error(`${event} of ${text} was answered with ${String(got)}`);
}

function inTime(
  what: string,
  start: (resolve: () => void, reject: (error: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${WITHIN} ms`)), WITHIN);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    start(
      () => settle(resolve),
      (error) => settle(() => reject(error)),
    );
  });
}
