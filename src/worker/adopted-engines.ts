/** Worker: the engines of the app, in the order of their creation, and which of them has a session. */

import type { RequestHead } from "../protocol/messages.js";
import { readSid } from "../routing/request-line.js";
import type { AdoptedEngine } from "./adopted-engine.js";
import { type Engine, type EngineSession, hasSession } from "./internals/engine.js";

export class AdoptedEngines {
  readonly #all: AdoptedEngine[] = [];

  get all(): readonly AdoptedEngine[] {
    return this.#all;
  }

  get engines(): readonly Engine[] {
    return this.#all.map(({ engine }) => engine);
  }

  has(engine: Engine): boolean {
    return this.#all.some((adopted) => adopted.engine === engine);
  }

  add(adopted: AdoptedEngine): void {
    this.#all.push(adopted);
  }

  /** The session of this worker with that id. */
  sessionOf(sid: string): EngineSession | undefined {
    for (const { engine } of this.#all) if (hasSession(engine, sid)) return engine.clients[sid];
    return undefined;
  }

  /** The engine that has the session; for a newcomer the one that was made at the same place in the app. */
  servingFor(head: RequestHead): AdoptedEngine | undefined {
    const sid = readSid(head.url);
    const byPlace = this.#all[head.engine] ?? this.#all[0];
    if (sid.kind !== "one") return byPlace;
    return this.#all.find(({ engine }) => hasSession(engine, sid.sid)) ?? byPlace;
  }
}
