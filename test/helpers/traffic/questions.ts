/** Traffic: the questions of one socket and their answers, both ways. What is open when it is disconnected is forgotten. */

import type { AskName } from "./report.js";
import type { Tally } from "./tally.js";

type Speaker = { emit(event: string, ...args: unknown[]): unknown };

export type Account = {
  readonly up?: number;
  readonly lost: number;
  readonly doubled: number;
  readonly tick: number;
};

/** The app should answer at once. Milliseconds. */
const ACCOUNT_WITHIN = 10_000;

export class Questions {
  readonly #owner: string;
  readonly #socket: Speaker;
  readonly #tally: Tally;
  readonly #open = new Set<string>();
  /** Questions of the app that it has not said to be answered. */
  readonly #owed = new Set<number>();

  constructor(owner: string, socket: Speaker, tally: Tally) {
    this.#owner = owner;
    this.#socket = socket;
    this.#tally = tally;
  }

  get open(): number {
    return this.#open.size + this.#owed.size;
  }

  ask(n: number): void {
    this.#put("ask", n, [], (answer, rooms) => answer === n && Number(rooms) >= 2);
  }

  slow(n: number): void {
    this.#put("slow", n, [], (answer) => answer === n);
  }

  bytes(n: number): void {
    const bytes = Buffer.alloc(200 + (n % 50), n % 256).fill(1, 0, 1);
    const expected = Buffer.from(bytes).reverse();
    this.#put("bytes", n, [bytes], (answer, back) => answer === n && expected.equals(back as Buffer));
  }

  /** The app asks: it will say what answer it got. */
  asked(n: number): void {
    this.#tally.asks.question.sent += 1;
    this.#tally.asks.question.open += 1;
    this.#owed.add(n);
  }

  answered(n: number, answer: unknown): void {
    // Before the last disconnect.
    if (!this.#owed.delete(n)) return;
    this.#settle("question", answer === n, `question ${n} was answered with ${String(answer)}`);
  }

  /** @returns undefined when the app does not answer in time @param within milliseconds */
  async account(within = ACCOUNT_WITHIN): Promise<Account | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within, undefined);
      this.#socket.emit("account", (account: Account) => {
        clearTimeout(timer);
        resolve(account);
      });
    });
  }

  /** Nothing comes any more: what is open is told. */
  tellOpen(): void {
    for (const key of this.#open) this.#tally.example(`${this.#owner}: ${key} was not answered`);
    for (const n of this.#owed)
      this.#tally.example(`${this.#owner}: question ${n} of the app was not answered`);
  }

  forget(): void {
    for (const key of this.#open) this.#tally.asks[key.split(" ")[0] as AskName].open -= 1;
    this.#open.clear();
    this.forgetAsked();
  }

  /** What the app asks of a client that leaves is nothing that it waits for. */
  forgetAsked(): void {
    this.#tally.asks.question.open -= this.#owed.size;
    this.#owed.clear();
  }

  #put(name: AskName, n: number, args: unknown[], isRight: (...answer: unknown[]) => boolean): void {
    const key = `${name} ${n}`;
    this.#open.add(key);
    this.#tally.asks[name].sent += 1;
    this.#tally.asks[name].open += 1;
    this.#socket.emit(name, n, ...args, (...answer: unknown[]) => {
      if (this.#open.delete(key)) this.#settle(name, isRight(...answer), `${key} was answered wrongly`);
    });
  }

  #settle(name: AskName, right: boolean, otherwise: string): void {
    const counts = this.#tally.asks[name];
    counts.open -= 1;
    counts.answered += 1;
    if (right) return;
    counts.wrong += 1;
    this.#tally.example(`${this.#owner}: ${otherwise}`);
  }
}
