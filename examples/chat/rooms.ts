/**
 * The rooms, and the last messages of each.
 * A broadcast reaches clients, not the memory of other workers, so each message is also told to every worker. One that
 * starts later, such as the successor of a crashed one, asks the others for what it missed, and merges by time.
 */

import type { Message } from "./events.ts";
import { askOthers, type Chat, tellOthers } from "./workers.ts";

export const ROOMS: readonly string[] = ["lobby", "harbour", "kitchen", "music"];
const KEEP = 50;
/** Joins that come together share one question to the others. Milliseconds. */
const ASK_AGAIN_AFTER = 5_000;

export class Rooms {
  readonly #io: Chat;
  readonly #histories = new Map<string, Message[]>(ROOMS.map((room) => [room, []]));
  #asked: Promise<void> | undefined;

  constructor(io: Chat) {
    this.#io = io;
    io.on("said", (message) => this.#remember(message));
    io.on("history", (reply) => reply([...this.#histories.values()].flat()));
  }

  /** Shows a message to everybody in its room, wherever they sit. One that was there already is not shown again. */
  async say(message: Message): Promise<void> {
    if (!this.#remember(message)) return;
    // First the workers, then the clients: whoever joins in between finds it in the history.
    await tellOthers(this.#io, () => this.#io.serverSideEmit("said", message));
    this.#io.to(message.room).emit("message", message);
  }

  /** @returns the last messages of a room, oldest first, with those that only other workers know */
  async history(room: string): Promise<readonly Message[]> {
    this.#asked ??= this.#ask();
    await this.#asked;
    return this.#histories.get(room) ?? [];
  }

  async #ask(): Promise<void> {
    const answers = await askOthers(this.#io, () => this.#io.serverSideEmitWithAck("history"));
    for (const messages of answers) {
      for (const message of messages) this.#remember(message);
    }
    setTimeout(() => {
      this.#asked = undefined;
    }, ASK_AGAIN_AFTER).unref();
  }

  /** @returns false when it was known */
  #remember(message: Message): boolean {
    const history = this.#histories.get(message.room) ?? [];
    if (history.some(({ id }) => id === message.id)) return false;
    history.push(message);
    history.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
    if (history.length > KEEP) history.shift();
    return true;
  }
}
