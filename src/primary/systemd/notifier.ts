/**
 * Primary: the queue in front of systemd's socket. One message at a time; what happened is said in its order and never left out; of the
 * status, the extension and the sign of life only the newest counts, and they travel along with whatever is said next.
 */

import type { NoticeProblem, SendNotice } from "./notify-program.js";

/** Between two messages that say nothing but a new status. Milliseconds. */
const STATUS_GAP = 1000;

export type NotifierOptions = {
  readonly send: SendNotice;
  /** Once; nothing more is sent where the program is missing. */
  readonly onProblem: (problem: NoticeProblem) => void;
  readonly statusGap?: number;
};

export type News = {
  /** What happened, in order: messages such as `["READY=1"]`. */
  readonly steps?: readonly (readonly string[])[];
  readonly status?: string;
  /** systemd shall be patient for so long from now on. Milliseconds. */
  readonly extend?: number;
  readonly alive?: boolean;
};

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #statusGap: number;
  readonly #steps: (readonly string[])[] = [];
  #status: string | undefined;
  #sentStatus: string | undefined;
  #extend: string | undefined;
  #alive = false;
  #sending = false;
  #lastSent = Number.NEGATIVE_INFINITY;
  #gapTimer: NodeJS.Timeout | undefined;
  #complained = false;
  #missing = false;
  /** Called when all was said. */
  #waiting: (() => void)[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#statusGap = options.statusGap ?? STATUS_GAP;
  }

  tell({ steps = [], status, extend, alive = false }: News): void {
    if (this.#missing) return;
    this.#steps.push(...steps);
    // A line feed would begin another assignment.
    if (status !== undefined) this.#status = status.replace(/\s+/g, " ");
    if (extend !== undefined) this.#extend = `EXTEND_TIMEOUT_USEC=${Math.ceil(extend * 1000)}`;
    this.#alive ||= alive;
    this.#next();
  }

  /** Resolves when all was said, a status that would have had to wait as well. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#lastSent = Number.NEGATIVE_INFINITY;
      this.#next();
      this.#wakeIfIdle();
    });
  }

  #next(): void {
    if (this.#sending || this.#missing) return;
    const isUrgent = this.#steps.length > 0 || this.#alive || this.#extend !== undefined;
    const hasNews = this.#status !== this.#sentStatus;
    if (!isUrgent && !hasNews) return;
    const wait = this.#lastSent + this.#statusGap - performance.now();
    if (isUrgent || wait <= 0) void this.#send(this.#take());
    else this.#gapTimer ??= setTimeout(() => this.#onGap(), wait).unref();
  }

  #onGap(): void {
    this.#gapTimer = undefined;
    this.#next();
  }

  #take(): string[] {
    const message = [...(this.#steps.shift() ?? [])];
    if (this.#alive) message.push("WATCHDOG=1");
    if (this.#extend !== undefined) message.push(this.#extend);
    if (this.#status !== undefined && this.#status !== this.#sentStatus)
      message.push(`STATUS=${this.#status}`);
    this.#alive = false;
    this.#extend = undefined;
    this.#sentStatus = this.#status;
    return message;
  }

  async #send(message: readonly string[]): Promise<void> {
    this.#sending = true;
    const problem = await this.#options.send(message);
    // Whoever waits for the end is not to wait for a gap.
    if (this.#waiting.length === 0) this.#lastSent = performance.now();
    if (problem !== undefined) this.#complain(problem);
    this.#sending = false;
    this.#next();
    this.#wakeIfIdle();
  }

  #wakeIfIdle(): void {
    if (this.#sending) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #complain(problem: NoticeProblem): void {
    this.#missing ||= problem.isMissing;
    if (this.#complained) return;
    this.#complained = true;
    this.#options.onProblem(problem);
  }
}
