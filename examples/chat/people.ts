/**
 * Who is online, over all workers.
 * Nobody keeps a list that could go wrong when a worker dies: `fetchSockets()` asks all workers who is connected now. A worker
 * asks when something changes and now and then, shows the answer to its own clients, and tells the other workers.
 */

import type { Person, Presence } from "./events.ts";
import { askOthers, type Chat, self, tellOthers } from "./workers.ts";

/** Changes that come together are shown together. Milliseconds. */
const GATHER = 60;
/** A worker that was killed tells nobody: so long at most its people stay on the list. Milliseconds. */
const LOOK_AGAIN = 2_000;

export class People {
  readonly #io: Chat;
  #shown: Presence = { at: 0, people: [], workers: [self] };
  #timer: NodeJS.Timeout | undefined;

  constructor(io: Chat) {
    this.#io = io;
    io.on("presence", (presence) => this.#show(presence));
    io.on("worker", (reply) => reply(self));
    setInterval(() => io.of("/").sockets.size > 0 && this.changed(), LOOK_AGAIN).unref();
  }

  /** As far as this worker knows; the truth follows as an event. */
  get shown(): Presence {
    return this.#shown;
  }

  /** Somebody came, went or moved. Not put off by further calls, so that a steady stream of them is shown too. */
  changed(): void {
    this.#timer ??= setTimeout(() => void this.#look(), GATHER);
  }

  /** Whether a person sits in a room, on whichever worker. */
  async isIn(room: string, id: string): Promise<boolean> {
    const sockets = await this.#io.in(room).fetchSockets();
    return sockets.some(({ data }) => data.person?.id === id);
  }

  async #look(): Promise<void> {
    const at = Date.now();
    try {
      const [sockets, others] = await Promise.all([
        this.#io.fetchSockets(),
        askOthers(this.#io, () => this.#io.serverSideEmitWithAck("worker")),
      ]);
      const people = unique(sockets.flatMap(({ data }) => data.person ?? []));
      const workers = [self, ...others].sort((a, b) => compare(a.name, b.name) || a.pid - b.pid);
      const presence = { at, people, workers };
      if (this.#show(presence)) {
        await tellOthers(this.#io, () => this.#io.serverSideEmit("presence", presence));
      }
    } catch (error) {
      console.error(`chat: who is online could not be asked, trying again: ${error}`);
    } finally {
      this.#timer = undefined;
    }
  }

  /** @returns whether it was news. An answer that was asked for earlier than the one on show is none. */
  #show(presence: Presence): boolean {
    if (presence.at < this.#shown.at || sameAs(presence, this.#shown)) return false;
    this.#shown = presence;
    this.#io.local.emit("presence", presence);
    return true;
  }
}

/** One entry a person: after a lost network the old connection may linger for a while beside the new one. */
function unique(people: readonly Person[]): Person[] {
  const latest = new Map<string, Person>();
  for (const person of people) {
    const known = latest.get(person.id);
    if (known === undefined || known.since < person.since) latest.set(person.id, person);
  }
  return [...latest.values()].sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
}

function sameAs(a: Presence, b: Presence): boolean {
  return JSON.stringify([a.people, a.workers]) === JSON.stringify([b.people, b.workers]);
}

const { compare } = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
