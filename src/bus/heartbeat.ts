/**
 * Bus: when a quiet link needs a heartbeat, and when a silent peer is hung. Counts the ticks of this process's own timer, not
 * the clock: while this process sleeps, nobody else grows silent. Pure.
 */

/** A peer from which nothing came for so long is hung. Milliseconds. */
export const HUNG_AFTER = 3000;

const TICKS_UNTIL_HUNG = 6;
/** A link on which nothing was sent for a third of the time until one is hung gets a heartbeat, at most half of that late. */
const TICKS_A_HEARTBEAT = 2;

/** Milliseconds between two ticks. */
export function tickLength(hungAfter: number): number {
  return hungAfter / TICKS_UNTIL_HUNG;
}

/** What a tick says about the silence of peers: it counts, or everybody gets a fresh period. */
export type Tick = "counts" | "fresh";

/** The ticks of this process. Times in milliseconds. */
export class Rhythm {
  readonly #length: number;
  #last: number;
  #late = false;

  constructor(hungAfter: number, now: number) {
    this.#length = tickLength(hungAfter);
    this.#last = now;
  }

  /**
   * A tick that comes late means that this process was stopped, suspended or busy: nobody is to blame for the silence. Of two
   * late ones in a row the second counts, or a process that is always busy would never find anybody hung.
   */
  tick(now: number): Tick {
    const wasLate = this.#late;
    this.#late = now - this.#last > 2 * this.#length;
    this.#last = now;
    return this.#late && !wasLate ? "fresh" : "counts";
  }
}

/** What the two ends of one link hear from each other. */
export class Pulse {
  #silent = 0;
  #idle = 0;
  #hung = false;

  get hung(): boolean {
    return this.#hung;
  }

  /** Something came. @returns whether the peer was hung until now */
  heard(): boolean {
    this.#silent = 0;
    const back = this.#hung;
    this.#hung = false;
    return back;
  }

  /** Something was sent. */
  said(): void {
    this.#idle = 0;
  }

  /** @returns whether a heartbeat is due, which counts as sent, and whether the peer is hung from now on */
  tick(tick: Tick): { readonly beat: boolean; readonly hangs: boolean } {
    this.#silent = tick === "fresh" ? 0 : this.#silent + 1;
    const hangs = !this.#hung && this.#silent > TICKS_UNTIL_HUNG;
    if (hangs) this.#hung = true;
    return { beat: this.#beat(), hangs };
  }

  #beat(): boolean {
    this.#idle += 1;
    const beat = this.#idle > TICKS_A_HEARTBEAT;
    // What is sent at a tick is a whole one old at the next.
    if (beat) this.#idle = 1;
    return beat;
  }
}
