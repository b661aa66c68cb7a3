/** Promise: tabs of a real browser, which share their keep-alive connections, work on three workers without one failed request. */

import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BrowserTab } from "../helpers/clients/browser-tab.js";
import { launchChromium } from "../helpers/clients/chromium.js";
import { type Fleet, startFleet } from "../helpers/fleet.js";

const LINES = 15;
const RELOADS = 60;

let browser: Browser | undefined;
let context: BrowserContext;
let fleet: Fleet;

beforeAll(async () => {
  browser = await launchChromium();
  fleet = await startFleet("apps/contract.mjs", {
    workers: 3,
    // Policy round-robin: a browser opens few connections, and yet its sessions belong to different workers.
    args: ["--policy", "round-robin"],
    env: { PING_INTERVAL: "600", PING_TIMEOUT: "4000" },
  });
});
afterAll(async () => {
  await browser?.close();
  expect(await fleet?.stop()).toBe(0);
});
beforeEach(async () => {
  context = await (browser as Browser).newContext();
});
afterEach(() => context.close());

describe.each([
  { name: "polling only", transports: "polling", last: "polling" },
  { name: "the default transports", transports: undefined, last: "websocket" },
])("with $name", ({ transports, last }) => {
  it("two tabs whose sessions belong to different workers talk and stay through heartbeats", async () => {
    const [one, two] = await tabsOnTwoSlots(transports);
    for (let line = 0; line < LINES; line++) {
      await one.say(`one ${line}`);
      await two.say(`two ${line}`);
    }
    const told = [one, two].map((tab) => tab.until(`tab.heard.length === ${2 * LINES}`));
    await Promise.all(told);
    for (const tab of [one, two]) expect(await linesOf(tab)).toEqual(await expectedLines(one, two));

    const before = await Promise.all([one, two].map((tab) => tab.read<number>("tab.heartbeats")));
    await Promise.all([one, two].map((tab, at) => tab.until(`tab.heartbeats >= ${(before[at] ?? 0) + 2}`)));
    for (const tab of [one, two]) {
      expect(await tab.read("tab.transport()")).toBe(last);
      expect(await tab.read("tab.connects")).toBe(1);
      expect(await tab.faults()).toEqual([]);
      expect(tab.failures).toEqual([]);
    }
  });

  it(`connects after each of ${RELOADS} reloads of the page, and refuses no request`, async () => {
    const tab = await BrowserTab.open(context, fleet, transports);
    const slots = new Set<string>();
    for (let reload = 0; reload < RELOADS; reload++) {
      await tab.load();
      slots.add(await tab.read<string>("tab.slot"));
      expect(await tab.faults()).toEqual([]);
    }
    expect(slots).toEqual(new Set(["0", "1", "2"]));
    expect(tab.responses).toBeGreaterThan(RELOADS * 4);
  });

  it(`connects again each of ${RELOADS} times that the client leaves, and refuses nothing that it waits for`, async () => {
    const tab = await BrowserTab.open(context, fleet, transports);
    for (let turn = 0; turn < RELOADS; turn++) await tab.reconnect();
    expect(await tab.faults()).toEqual([]);
  });
});

async function tabsOnTwoSlots(transports: string | undefined): Promise<[BrowserTab, BrowserTab]> {
  const one = await BrowserTab.open(context, fleet, transports);
  const two = await BrowserTab.open(context, fleet, transports);
  const slot = await one.read("tab.slot");
  for (let attempt = 0; attempt < 30; attempt++) {
    if ((await two.read("tab.slot")) !== slot) return [one, two];
    await two.load();
  }
  throw new Error(`both tabs stay on slot ${slot}`);
}

/** What a tab heard, in any order of the two speakers. */
async function linesOf(tab: BrowserTab): Promise<[string, string][]> {
  return (await tab.read<[string, string][]>("tab.heard")).sort(byText);
}

async function expectedLines(one: BrowserTab, two: BrowserTab): Promise<[string, string][]> {
  const slots = await Promise.all([one, two].map((tab) => tab.read<string>("tab.slot")));
  const lines = ["one", "two"].flatMap((name, at) =>
    Array.from({ length: LINES }, (_, line): [string, string] => [`${name} ${line}`, slots[at] ?? ""]),
  );
  return lines.sort(byText);
}

const byText = ([left]: [string, string], [right]: [string, string]): number => (left < right ? -1 : 1);
