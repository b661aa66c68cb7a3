/** Traffic: one socket of an unchanged client in talk with the app of test/fixtures/handoff: what it says, and what it checks. */

import { placeOf } from "./place.js";
import { Questions } from "./questions.js";
import { type Ends, ReceivedStreams } from "./received-streams.js";
import { countIn, type Tally } from "./tally.js";

type Listener = (...args: never[]) => void;

/** What a socket of any version of the official client can do. */
export type ClientSocket = {
  readonly id: string | undefined;
  readonly connected: boolean;
  on(event: string, listener: Listener): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
};

export type Surroundings = {
  readonly tally: Tally;
  readonly ends: Ends;
};

export type Identity = { readonly name: string; readonly kind: string; readonly room: string };

/** One in so many is heard by the others in the room. */
const HEARD = 8;
/** The app answers a slow question after 700 ms, and gives a client 15 s. The client takes up to this long. Milliseconds. */
const LONGEST_THOUGHT = 1_500;

export class Conversation {
  readonly socket: ClientSocket;
  /** For whoever reads of it. */
  readonly owner: string;
  readonly received: ReceivedStreams;
  readonly questions: Questions;
  readonly #who: Identity;
  readonly namespace: string;
  readonly #tally: Tally;
  readonly #echoes = new Map<number, number>();
  #id: string | undefined;
  #said = 0;
  /** How many it had said when the app last met it for the first time. */
  #saidBefore = 0;
  #everJoined = false;
  #firstEcho: number | undefined = 1;
  #place = "";
  #welcome: () => void = () => {};
  /** The app has put it into its rooms. */
  readonly joined = new Promise<void>((resolve) => {
    this.#welcome = resolve;
  });
  #leaving = false;
  #away = false;

  constructor(socket: ClientSocket, namespace: string, who: Identity, { tally, ends }: Surroundings) {
    this.socket = socket;
    this.namespace = namespace;
    this.#who = who;
    this.#tally = tally;
    this.owner = `${who.kind} ${who.name} ${namespace}`;
    this.received = new ReceivedStreams(this.owner, tally, ends);
    this.questions = new Questions(this.owner, socket, tally);
    this.#listen();
  }

  /** Says the next number, and asks now and then. */
  speak(): void {
    if (!this.socket.connected || this.#away || !this.#everJoined) return;
    const n = ++this.#said;
    this.#echoes.set(n, performance.now());
    this.socket.emit("up", n);
    if (n % 3 === 0) this.questions.ask(n);
    if (n % 5 === 0) this.questions.slow(n);
    if (n % 7 === 0) this.questions.bytes(n);
  }

  /** The host that it is connected to. */
  get place(): string {
    return this.#place;
  }

  get hasJoined(): boolean {
    return this.#everJoined;
  }

  /** Everything that it is owed has come. */
  get settled(): boolean {
    return this.#away || (this.#echoes.size === 0 && this.questions.open === 0);
  }

  /** Whether the app answers; a client may believe that it is connected until its next heartbeat is due. @param within milliseconds */
  async isAnswered(within: number): Promise<boolean> {
    return this.socket.connected && (await this.questions.account(within)) !== undefined;
  }

  /** All senders are silent and everything has settled: asks the app for its account, and reckons. @param dead hosts that were killed */
  async reckon(dead: readonly string[]): Promise<void> {
    const audiences = [`${this.namespace} all`, `${this.namespace} ${this.#who.room}`];
    this.received.finishBroadcasts(audiences, dead);
    this.questions.tellOpen();
    if (!this.socket.connected) return;
    const account = await this.questions.account();
    this.received.finish("echo", "echo", this.#said, this.#firstEcho);
    if (account === undefined) {
      this.#tally.example(`${this.owner}: no account`);
      this.#tally.asks.ask.open += 1;
      return;
    }
    const { up = this.#saidBefore, lost, doubled, tick } = account;
    this.received.finish("tick", "tick", tick, 1);
    const missing = this.#said - up;
    if (lost + doubled + missing > 0)
      this.#tally.example(`${this.owner}: up: ${JSON.stringify(account)} of ${this.#said}`);
    this.#tally.add("up", { received: up, lost: lost + missing, doubled, reordered: 0 });
  }

  /** On purpose: it is no fault. */
  leave(): void {
    this.#leaving = true;
    this.questions.forgetAsked();
    this.socket.disconnect();
  }

  #listen(): void {
    const { socket, received } = this;
    socket.on("connect", () => this.#connected());
    socket.on("disconnect", (reason: string) => this.#disconnected(reason));
    socket.on("joined", (worker: string, recovered: boolean) => this.#join(worker, recovered));
    socket.on("tick", (n: number, bytes?: Uint8Array) => {
      received.receive("tick", "tick", n, 1);
      this.#check("tick", n, bytes);
    });
    socket.on("echo", (n: number) => this.#echo(n));
    socket.on("said", (from: string, stream: string, n: number, began: number, bytes?: Uint8Array) => {
      received.broadcast(from, stream, n, began);
      this.#check(stream, n, bytes);
    });
    socket.on("heard", (client: string, n: number, from: string) => received.heard(client, n / HEARD, from));
    socket.on("question", (n: number, answer: (n: number) => void) => {
      this.questions.asked(n);
      setTimeout(answer, (n * 397) % LONGEST_THOUGHT, n);
    });
    socket.on("answered", (n: number, answer: unknown) => this.questions.answered(n, answer));
  }

  #connected(): void {
    const { id } = this.socket;
    if (this.#id !== undefined && this.#id !== id) this.#tally.newIds += 1;
    this.#id = id;
  }

  #join(worker: string, recovered: boolean): void {
    if (recovered && this.#everJoined && !this.#away) this.#tally.moves += 1;
    if (recovered !== true && this.#everJoined && !this.#away)
      this.#tally.example(`${this.owner}: new to ${worker}`);
    this.received.join(!recovered, worker);
    this.#place = placeOf(worker);
    if (!recovered) this.#saidBefore = this.#said;
    this.#away = false;
    this.#everJoined = true;
    this.#welcome();
  }

  #disconnected(reason: string): void {
    if (this.#leaving) return;
    countIn(this.#tally.disconnects, `${this.#who.kind}, ${reason}`);
    countIn(this.#tally.disconnectsAt, this.#place);
    this.#tally.example(`${this.owner}: disconnected: ${reason}`);
    this.#away = true;
    // What was said just before a disconnection may have no echo, the very first one included.
    this.#firstEcho = undefined;
    this.#echoes.clear();
    this.received.interrupt();
    this.questions.forget();
  }

  #echo(n: number): void {
    this.received.receive("echo", "echo", n, this.#firstEcho);
    const sent = this.#echoes.get(n);
    this.#echoes.delete(n);
    if (sent !== undefined) this.#tally.rtts.push(performance.now() - sent);
  }

  #check(what: string, n: number, bytes: Uint8Array | undefined): void {
    if (bytes === undefined || Buffer.from(bytes).toString() === `${n}`) return;
    this.#tally.example(`${this.owner}: ${what} ${n} has the bytes of another`);
    this.#tally.asks.bytes.wrong += 1;
  }
}
