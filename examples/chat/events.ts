/** The contract of the chat: every event, who sends it and what it carries. Types only. */

export type Message = {
  /** Chosen by the client, so that sending a message again cannot show it twice. */
  readonly id: string;
  readonly room: string;
  /** Milliseconds since 1970, by the clock of the worker that took it. */
  readonly at: number;
  readonly text: string;
  readonly author: { readonly id: string; readonly name: string };
  /** The worker that the author sat on. */
  readonly worker: string;
};

export type Person = {
  readonly id: string;
  readonly name: string;
  readonly room: string;
  readonly worker: string;
  /** When this connection joined; of two connections of one person the later one counts. */
  readonly since: number;
};

export type Worker = { readonly name: string; readonly pid: number };

/** Who is here, and on which workers, as one worker saw it at a moment. */
export type Presence = {
  readonly at: number;
  readonly people: readonly Person[];
  readonly workers: readonly Worker[];
};

export type Notice = {
  /** `back`: the connection was lost and is there again, perhaps on another worker. */
  readonly kind: "joined" | "left" | "back";
  readonly id: string;
  readonly name: string;
  readonly worker: string;
  readonly at: number;
};

export type Typing = { readonly id: string; readonly name: string; readonly on: boolean };

export type Welcome = {
  readonly you: Person;
  readonly history: readonly Message[];
};

/** A refusal is a sentence that can be shown to the person. */
export type Reply<T = unknown> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: string };

/** Clients can send anything, so what they send is `unknown` until checks.ts has read it. */
export interface FromClient {
  join(request: unknown, reply: (answer: Reply<Welcome>) => void): void;
  say(request: unknown, reply: (answer: Reply) => void): void;
  typing(on: unknown): void;
}

export interface ToClient {
  rooms(rooms: readonly string[]): void;
  message(message: Message): void;
  notice(notice: Notice): void;
  typing(typing: Typing): void;
  presence(presence: Presence): void;
}

export interface BetweenWorkers {
  said(message: Message): void;
  presence(presence: Presence): void;
  history(reply: (messages: readonly Message[]) => void): void;
  worker(reply: (worker: Worker) => void): void;
}

/** What a connection carries; `fetchSockets()` shows it to every worker. Empty until the person has joined. */
export type SocketData = { person?: Person };
