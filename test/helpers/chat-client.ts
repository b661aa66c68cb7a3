/** Test helper: an official client that has joined the chat, and joins again when it comes back. */

import { randomBytes } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import type { Message, Person, Presence, Reply, Typing, Welcome } from "../../examples/chat/events.js";

export type ChatClient = {
  readonly socket: Socket;
  /** As the worker knows this person now. */
  you(): Person;
  /** What this client was told when it joined. */
  readonly history: readonly Message[];
  presence(): Presence | undefined;
  /** Everything said since then. */
  texts(): string[];
  isTyping(name: string): boolean;
  say(text: string): Promise<Reply>;
  type(): void;
};

/** @throws when the chat refuses the name */
export async function joinChat(url: string, name: string, room = "lobby"): Promise<ChatClient> {
  const socket = io(url, { reconnectionDelay: 200, reconnectionDelayMax: 1_000, forceNew: true });
  const said: Message[] = [];
  const typing = new Set<string>();
  let presence: Presence | undefined;
  socket.on("message", (message: Message) => said.push(message));
  socket.on("typing", (news: Typing) => (news.on ? typing.add(news.name) : typing.delete(news.name)));
  socket.on("presence", (news: Presence) => {
    presence = news;
  });
  const { you, history } = await keepJoined(socket, name, room);
  return {
    socket,
    you,
    history,
    presence: () => presence,
    texts: () => said.map(({ text }) => text),
    isTyping: (who) => typing.has(who),
    type: () => socket.emit("typing", true),
    say: (text) => socket.timeout(5_000).emitWithAck("say", { id: randomKey(), text }),
  };
}

async function keepJoined(
  socket: Socket,
  name: string,
  room: string,
): Promise<{ you(): Person; history: readonly Message[] }> {
  const key = randomKey();
  const join = async (again: boolean): Promise<Welcome> => {
    const answer: Reply<Welcome> = await socket
      .timeout(10_000)
      .emitWithAck("join", { key, name, room, again });
    if (!answer.ok) throw new Error(answer.error);
    return answer;
  };
  const { you, history } = await join(false);
  let person = you;
  socket.on("connect", () => {
    // When this one is lost as well, the next "connect" tries again.
    join(true).then((answer) => {
      person = answer.you;
    }, ignore);
  });
  return { you: () => person, history };
}

export function randomKey(): string {
  return randomBytes(16).toString("hex");
}

function ignore(): void {}
