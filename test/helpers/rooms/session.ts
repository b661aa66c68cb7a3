/** Test helper: what one session of a client of test/fixtures/apps/rooms.mjs heard, and what it had to hear. Pure. */

/** One message: the worker that sent it, and its number there. */
export type Said = { readonly worker: string; readonly number: number };

/** A message whose number was answered. Times are ticks of one clock of the test's process. */
export type Spoken = Said & { readonly rooms: readonly string[]; readonly asked: number };

/** From the question to join to the answer to the question to leave. */
type Stay = { readonly asked: number; joined?: number; leaving?: number; left?: number };

export class Session {
  readonly id: string;
  readonly worker: string;
  ended = false;
  readonly #heard: Said[] = [];
  readonly #keys = new Set<string>();
  readonly #opened: number;
  readonly #stays = new Map<string, Stay[]>();

  /** @param opened before the client knew of it */
  constructor(id: string, worker: string, opened: number) {
    this.id = id;
    this.worker = worker;
    this.#opened = opened;
    this.#stays.set(id, [{ asked: 0, joined: opened }]);
  }

  /** @returns what to call with the time of the answer */
  join(room: string, asked: number): (now: number) => void {
    const stays = this.#stays.get(room) ?? [];
    this.#stays.set(room, stays);
    const stay: Stay = { asked };
    stays.push(stay);
    return (now) => {
      stay.joined = now;
    };
  }

  /** @returns what to call with the time of the answer */
  leave(room: string, asked: number): (now: number) => void {
    const stay = this.#stays.get(room)?.at(-1);
    if (stay !== undefined) stay.leaving ??= asked;
    return (now) => {
      if (stay !== undefined) stay.left ??= now;
    };
  }

  isIn(room: string): boolean {
    const stay = this.#stays.get(room)?.at(-1);
    return stay?.joined !== undefined && stay.leaving === undefined;
  }

  hear(said: Said): void {
    this.#heard.push(said);
    this.#keys.add(keyOf(said));
  }

  has(said: Said): boolean {
    return this.#keys.has(keyOf(said));
  }

  /** A sentence for each message that came twice, or behind a later one of its worker. */
  disorder(): string[] {
    const last = new Map<string, number>();
    return this.#heard.flatMap(({ worker, number }) => {
      const before = last.get(worker) ?? 0;
      last.set(worker, Math.max(before, number));
      return number > before
        ? []
        : [`${this.id} of ${this.worker} got ${number} of ${worker} after ${before}`];
    });
  }

  /** Whether it was in one of the rooms from before this was said until now; "may" where it came or went meanwhile. */
  verdict({ rooms, asked }: Spoken): "must" | "may" | "never" {
    if (rooms.length === 0) return this.#opened < asked ? "must" : "may";
    const stays = rooms.flatMap((room) => this.#stays.get(room) ?? []);
    if (stays.some((stay) => (stay.joined ?? Number.POSITIVE_INFINITY) < asked && stay.leaving === undefined))
      return "must";
    return stays.some((stay) => (stay.left ?? Number.POSITIVE_INFINITY) > asked) ? "may" : "never";
  }
}

function keyOf({ worker, number }: Said): string {
  return `${worker} ${number}`;
}
