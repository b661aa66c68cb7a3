/** Traffic: one client: an unchanged official one of some version and transport, with a socket in one namespace or in two. */

import { Agent } from "node:http";
import { createRequire } from "node:module";
import { io as version4 } from "socket.io-client";
import { type ClientSocket, Conversation, type Surroundings } from "./conversation.js";
import type { Kind } from "./report.js";
import { countIn } from "./tally.js";

type Engine = {
  readonly id: string;
  readonly transport: { readonly name: string };
  once(event: string, listener: () => void): unknown;
};
type Manager = {
  readonly engine: Engine;
  socket(namespace: string): ClientSocket;
};
type Opened = ClientSocket & { readonly io: Manager };
type Open = (url: string, options: object) => unknown;

// It has no types that its import finds.
const version2 = createRequire(import.meta.url)("socket.io-client-2") as Open;

const KINDS: Readonly<Record<Kind, { open: Open; transports: readonly string[]; more?: object }>> = {
  websocket: { open: version4, transports: ["websocket"] },
  polling: { open: version4, transports: ["polling"] },
  upgrade: { open: version4, transports: ["polling", "websocket"] },
  eio3: { open: version2, transports: ["websocket"] },
  "eio3-polling": { open: version2, transports: ["polling"] },
  deflate: { open: version4, transports: ["websocket"], more: { perMessageDeflate: { threshold: 0 } } },
};

export type ClientOptions = {
  readonly url: string;
  readonly kind: Kind;
  /** Decides its name, its room and its namespaces. */
  readonly index: number;
  readonly rooms: number;
  /** From one number that it says to the next. Milliseconds. */
  readonly every: number;
  /** Whether it may keep connections between requests. */
  readonly keepAlive: boolean;
};

export class TrafficClient {
  readonly conversations: readonly Conversation[];
  readonly #kind: Kind;
  readonly #manager: Manager;
  readonly #every: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(clientOptions: ClientOptions, surroundings: Surroundings) {
    const { url, kind, index, rooms, every } = clientOptions;
    const who = { name: `c${index}`, kind, room: `room ${index % rooms}` };
    this.#kind = kind;
    this.#every = every;
    const options = optionsOf(clientOptions, { client: who.name, room: who.room });
    const [namespace, ...others] = namespacesOf(index);
    const first = KINDS[kind].open(`${url}${namespace}`, options) as Opened;
    this.#manager = first.io;
    this.conversations = [
      new Conversation(first, namespace, who, surroundings),
      ...others.map((other) => new Conversation(first.io.socket(other), other, who, surroundings)),
    ];
    first.on("connect_error", (error: Error) => {
      countIn(surroundings.tally.connectErrors, `${kind}, ${error.message}`);
      surroundings.tally.example(`${kind} ${who.name}: could not connect: ${error.message}`);
    });
  }

  /** Its sockets are in their rooms. */
  async joined(): Promise<void> {
    await Promise.all(this.conversations.map(({ joined }) => joined));
  }

  /** Clients of Socket.IO 2 are in the main namespace, too, whatever they ask for. */
  isIn(namespace: string): boolean {
    const always = namespace === "/" && this.#kind.startsWith("eio3");
    return always || this.conversations.some((conversation) => conversation.namespace === namespace);
  }

  get hasJoined(): boolean {
    return this.conversations.every(({ hasJoined }) => hasJoined);
  }

  /** Everything that it is owed has come. */
  get settled(): boolean {
    return this.conversations.every(({ settled }) => settled);
  }

  /** Its sockets are in their rooms, and its transport is the last one that it tries. */
  async arrived(): Promise<void> {
    await this.joined();
    if (this.#kind === "upgrade") await this.#upgraded();
  }

  /** The worker that has its session, by its session id. */
  get slot(): number {
    return Number.parseInt(this.#manager.engine.id.slice(2, 4), 36);
  }

  /** Speaks at a steady pace; the clients of a crowd do not all at once. */
  talk(): void {
    const speak = (): void => {
      for (const conversation of this.conversations) conversation.speak();
    };
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(speak, this.#every);
    }, Math.random() * this.#every);
  }

  hush(): void {
    clearInterval(this.#timer);
  }

  leave(): void {
    this.hush();
    for (const conversation of this.conversations) conversation.leave();
  }

  #upgraded(): Promise<void> {
    const { engine } = this.#manager;
    if (engine.transport.name === "websocket") return Promise.resolve();
    return new Promise((resolve) => engine.once("upgrade", resolve));
  }
}

/** Most are in the main namespace, some in another one, and some in both. */
function namespacesOf(index: number): readonly [string, ...string[]] {
  if (index % 5 === 3) return ["/second"];
  return index % 10 === 7 ? ["/", "/second"] : ["/"];
}

function optionsOf(
  { kind, index, keepAlive }: ClientOptions,
  query: Readonly<Record<string, string>>,
): object {
  const { transports, more } = KINDS[kind];
  // Half of the polling clients keep their connections, as browsers do, and the others open one for each request.
  const keeps = keepAlive && (kind !== "polling" || index % 2 === 0);
  return {
    transports: [...transports],
    query,
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 400,
    ...(keeps && { agent: new Agent({ keepAlive: true }) }),
    ...more,
  };
}
