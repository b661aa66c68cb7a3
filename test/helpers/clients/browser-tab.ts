/** Test helper: a Chromium tab with test/fixtures/clients/page.html, and everything that its network and its client say. */

import type { BrowserContext, Page, Response } from "playwright-core";
import type { Fleet } from "../fleet.js";

/** How long the page's client may take for something. Milliseconds. */
const PATIENCE = 15_000;

export class BrowserTab {
  readonly page: Page;
  /** Answers of the server that are refusals. */
  readonly refusals: string[] = [];
  /** Errors of the page's scripts and network. */
  readonly errors: string[] = [];
  /** Requests without an answer since the page was loaded: loading it anew aborts those of the page before. */
  readonly failures: string[] = [];
  /** Answers in all. */
  responses = 0;
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.on("response", (response) => this.#count(response));
    page.on("requestfailed", (request) =>
      this.failures.push(`${request.failure()?.errorText} ${request.url()}`),
    );
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(`${message.text()} ${message.location().url}`);
    });
  }

  /** @param transports such as `polling`; undefined: as the client comes */
  static async open(context: BrowserContext, fleet: Fleet, transports?: string): Promise<BrowserTab> {
    const query = transports === undefined ? "" : `?transports=${transports}`;
    const tab = new BrowserTab(await context.newPage(), `${fleet.url}/${query}`);
    await tab.load();
    return tab;
  }

  /** Loads the page, again or for the first time, and waits until its client is connected. */
  async load(): Promise<void> {
    await this.page.goto(this.#url);
    await this.until("tab.slot !== null");
    this.failures.length = 0;
  }

  /** Waits until an expression of the page holds. @throws with what the page's client says, when it does not in time */
  async until(expression: string): Promise<void> {
    try {
      await this.page.waitForFunction(expression, undefined, { timeout: PATIENCE });
    } catch (cause) {
      const state = JSON.stringify([await this.page.evaluate("tab"), this.refusals, this.errors]);
      throw new Error(`${expression}: not within ${PATIENCE} ms: ${state}`, { cause });
    }
  }

  say(text: string): Promise<void> {
    return this.page.evaluate(`socket.emit("say", ${JSON.stringify(text)}), undefined`);
  }

  /** The client leaves, and connects again. */
  async reconnect(): Promise<void> {
    const connects = await this.read<number>("tab.connects");
    await this.read("tab.leave()");
    await this.until(`tab.connects === ${connects + 1}`);
  }

  read<Value>(expression: string): Promise<Value> {
    return this.page.evaluate<Value>(expression);
  }

  /**
   * Whatever went wrong so far, seen from the network, the scripts and the client. A poll of a session that the client itself has
   * left does not count: it may arrive behind the goodbye, which takes another connection, and nobody waits for its answer.
   */
  async faults(): Promise<string[]> {
    const left = await this.read<string[]>("tab.left");
    const refusals = this.refusals.filter((refusal) => !left.some((sid) => isPollOf(sid, refusal)));
    const errors = this.errors.filter((error) => !left.some((sid) => error.includes(sid)));
    return [...refusals, ...errors, ...(await this.read<string[]>("tab.faults"))];
  }

  #count(response: Response): void {
    this.responses++;
    if (response.status() >= 400)
      this.refusals.push(`${response.request().method()} ${response.status()} ${response.url()}`);
  }
}

const isPollOf = (sid: string, refusal: string): boolean =>
  refusal.startsWith("GET 400 ") && refusal.includes(`sid=${sid}`);
