/** Test helper: a browser tab with the chat's page, and what a person sees on it. */

import type { BrowserContext, Page } from "playwright-core";

export const CHROMIUM = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export class ChatTab {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, url: string, name: string): Promise<ChatTab> {
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Come in" }).click();
    await page.locator("#text:enabled").waitFor();
    return new ChatTab(page);
  }

  async write(text: string): Promise<void> {
    const field = this.page.getByLabel("Message", { exact: true });
    await field.fill(text);
    await field.press("Enter");
  }

  /** Returns when a message with this very text is on the page. */
  async sees(text: string): Promise<void> {
    await this.page.locator(".bubble").getByText(text, { exact: true }).waitFor();
  }

  /** The worker that a message came from, as the page says it. */
  async workerOf(text: string): Promise<string | null> {
    await this.sees(text);
    return this.page.locator(".group").filter({ hasText: text }).locator(".chip").textContent();
  }

  /** The slot that this tab sits on. */
  async slot(): Promise<string> {
    const text = await this.page.locator("#me small").textContent();
    return text?.replace("worker ", "") ?? "";
  }

  /** The list of people: name -> slot. */
  async people(): Promise<Map<string, string>> {
    const rows = await this.page
      .locator(".person")
      .evaluateAll((nodes) =>
        nodes.map((node) => [
          node.querySelector(".person-name")?.firstChild?.textContent,
          node.querySelector(".chip")?.textContent?.replace("worker ", ""),
        ]),
      );
    return new Map(rows as [string, string][]);
  }

  /** The strip of workers: slot -> what it says about how many people sit there. */
  async strip(): Promise<Map<string, string>> {
    const rows = await this.page
      .locator(".slot")
      .evaluateAll((nodes) =>
        nodes.map((node) => [
          node.getAttribute("data-worker"),
          node.querySelector(".seats-count")?.textContent,
        ]),
      );
    return new Map(rows as [string, string][]);
  }

  async pidOf(slot: string): Promise<number> {
    const text = await this.page.locator(`.slot[data-worker="${slot}"] small`).textContent();
    return Number(text?.replace("pid ", ""));
  }
}
