/** Test helper: a client of test/fixtures/apps/rooms.mjs that comes back whenever it loses its worker. */

import { type Socket as Client, io } from "socket.io-client";
import { Session, type Spoken } from "./session.js";

let ticks = 0;
const tick = (): number => ++ticks;

export class Member {
  readonly socket: Client;
  /** One after the other. */
  readonly sessions: Session[] = [];
  /** What it said, as far as it was answered. */
  readonly spoken: Spoken[] = [];

  constructor(url: string, transport: "polling" | "websocket") {
    this.socket = io(url, {
      forceNew: true,
      transports: [transport],
      reconnectionDelay: 20,
      reconnectionDelayMax: 200,
    });
    let session: Session | undefined;
    this.socket.on("welcome", (worker: string) => {
      session = new Session(this.socket.id as string, worker, tick());
      this.sessions.push(session);
    });
    this.socket.on("said", (worker: string, number: number) => session?.hear({ worker, number }));
    this.socket.on("disconnect", () => {
      if (session !== undefined) session.ended = true;
      session = undefined;
    });
  }

  /** undefined while it is on its way back. */
  get session(): Session | undefined {
    const last = this.sessions.at(-1);
    return last?.ended === false ? last : undefined;
  }

  /** Does nothing while it has no session; gives up with the session. */
  async join(room: string): Promise<void> {
    const joined = this.session?.join(room, tick());
    if (joined !== undefined && (await this.#ask("join", room))) joined(tick());
  }

  /** As {@link join}. */
  async leave(room: string): Promise<void> {
    const left = this.session?.leave(room, tick());
    if (left !== undefined && (await this.#ask("leave", room))) left(tick());
  }

  /** As {@link join}. @param rooms none for everybody @returns what was said, if that was answered */
  async say(rooms: readonly string[]): Promise<Spoken | undefined> {
    const asked = tick();
    const answer = this.session && (await this.#ask("say", rooms));
    if (answer === undefined) return undefined;
    const [worker, number] = answer as [string, number];
    const spoken = { worker, number, rooms, asked };
    this.spoken.push(spoken);
    return spoken;
  }

  close(): void {
    this.socket.disconnect();
  }

  /** @returns the arguments of the answer; undefined when the session ended first */
  #ask(event: string, ...args: unknown[]): Promise<unknown[] | undefined> {
    return new Promise((resolve) => {
      const lost = (): void => resolve(undefined);
      this.socket.once("disconnect", lost);
      this.socket.emit(event, ...args, (...answer: unknown[]) => {
        this.socket.off("disconnect", lost);
        resolve(answer);
      });
    });
  }
}
