/** The chat of examples/chat under the built CLI on three workers: two tabs of one Chromium, and official clients. */

import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Reply } from "../../examples/chat/events.js";
import { type ChatClient, joinChat, randomKey } from "../helpers/chat-client.js";
import { type ChatFleet, startChatFleet } from "../helpers/chat-fleet.js";
import { CHROMIUM, ChatTab } from "../helpers/chat-tab.js";

const SLOTS = ["0", "1", "2"];
const soon = { timeout: 20_000, interval: 50 };

let fleet: ChatFleet | undefined;
let url: string;
let browser: Browser | undefined;
let mila: ChatTab;
let theo: ChatTab;
const clients: ChatClient[] = [];

beforeAll(async () => {
  fleet = await startChatFleet();
  url = fleet.url;
  browser = await chromium.launch(CHROMIUM);
  const context = await browser.newContext();
  mila = await ChatTab.open(context, url, "Mila");
  theo = await ChatTab.open(context, url, "Theo");
  await fillAllWorkers();
});

afterAll(async () => {
  for (const { socket } of clients) socket.disconnect();
  await browser?.close();
  await fleet?.end("SIGKILL");
});

test("people sit on all three workers, and both tabs show who sits where", async () => {
  const people = await peopleEverywhere();
  expect(new Set(people.values())).toEqual(new Set(SLOTS));
  for (const tab of [mila, theo]) {
    const strip = await tab.strip();
    expect([...strip.keys()]).toEqual(SLOTS);
    for (const [slot, text] of strip) {
      expect(text).toMatch(new RegExp(`^${countOf(slot, people)} (person|people)$`));
    }
  }
});

test("a message reaches people on every worker, and carries the worker that sent it", async () => {
  for (const client of clients) {
    const { name, worker } = client.you();
    await client.say(`Hello from ${name}`);
    for (const tab of [mila, theo]) expect(await tab.workerOf(`Hello from ${name}`)).toBe(`worker ${worker}`);
  }
  await mila.write("Good morning from a tab");
  await theo.sees("Good morning from a tab");
  await theo.write("Good morning from another tab");
  await mila.sees("Good morning from another tab");
  await allHear("Good morning from a tab", "Good morning from another tab");
});

test("typing is shown to the others while it lasts", async () => {
  await mila.page.locator("#text").pressSequentially("let me th");
  await theo.page.getByText("Mila is typing").waitFor();
  for (const client of clients) await vi.waitFor(() => expect(client.isTyping("Mila")).toBe(true), soon);
  await mila.page.locator("#text").fill("");
  await theo.page.getByText("Mila is typing").waitFor({ state: "detached" });
  for (const client of clients) await vi.waitFor(() => expect(client.isTyping("Mila")).toBe(false), soon);
});

test("markup in names and messages stays text", async () => {
  const markup = "<img src=x onerror=document.title='broken'>";
  const client = await newClient("<b>Bo</b>");
  await client.say(markup);
  await theo.sees(markup);
  const names = await theo.page.locator(".group strong").allTextContents();
  expect(names).toContain("<b>Bo</b>");
  expect(await theo.page.locator("#messages img, #messages b").count()).toBe(0);
  expect(await theo.page.title()).toBe("#lobby · Tideline");
});

test("what cannot be used is refused with a sentence", async () => {
  const { socket, say } = await newClient("Uma");
  const room = "lobby";
  const key = randomKey();
  const join = (request: unknown): Promise<Reply> => socket.timeout(5_000).emitWithAck("join", request);
  expect(await join(null)).toEqual(refusal("load it again"));
  expect(await join({ key, room, name: " \u202e " })).toEqual(refusal("type a name"));
  expect(await join({ key, room, name: "x".repeat(25) })).toEqual(refusal("at most 24 characters"));
  expect(await join({ key, room: "cellar", name: "Uma" })).toEqual(refusal("no such room"));
  expect(await say("x".repeat(510))).toEqual(refusal("10 characters too long"));
  expect(await say(" \n ")).toEqual(refusal("nothing to send"));
  const burst = await Promise.all(Array.from({ length: 8 }, (_, index) => say(`burst ${index}`)));
  expect(burst.at(-1)).toEqual(refusal("a little fast"));
});

test("the people of a killed worker come back by themselves, and the conversation is still on their page", async () => {
  const slot = await theo.slot();
  const pid = await mila.pidOf(slot);
  process.kill(pid, "SIGKILL");
  await vi.waitFor(async () => expect(await mila.pidOf(slot)).not.toBe(pid), soon);
  await peopleEverywhere();
  await theo.page.locator('#connection[data-state="connected"]').waitFor();
  await theo.sees("Good morning from a tab");
  await theo.write("I am back");
  await mila.sees("I am back");
  await allHear("I am back");
});

test("every worker, also the one that replaced a dead one, knows what was said before", async () => {
  for (const slot of SLOTS) {
    const { history } = await newClientOn(slot);
    const texts = history.map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(["Good morning from a tab", "I am back"]));
    expect(texts.indexOf("Good morning from a tab")).toBeLessThan(texts.indexOf("I am back"));
  }
});

test("TERM ends the fleet with exit code 0 and leaves no worker behind", async () => {
  const pids = await Promise.all(SLOTS.map((slot) => mila.pidOf(slot)));
  expect(await fleet?.end("SIGTERM"), fleet?.output()).toBe(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  await mila.page.locator('#connection[data-state="lost"]').waitFor();
});

async function newClient(name: string): Promise<ChatClient> {
  const client = await joinChat(url, name);
  clients.push(client);
  return client;
}

/** Clients until somebody sits on each worker: a newcomer may stay where it was accepted while the fleet is nearly even. */
async function fillAllWorkers(): Promise<void> {
  const free = (slot: string): boolean => clients.every(({ you }) => you().worker !== slot);
  for (let person = 1; SLOTS.some(free) && person <= 40; person++) await newClient(`Person ${person}`);
}

async function newClientOn(slot: string): Promise<ChatClient> {
  // The policy leaves a session where it was accepted, until that slot has 32 more than the emptiest.
  for (let guest = 1; guest <= 200; guest++) {
    const client = await newClient(`Guest ${guest} for ${slot}`);
    if (client.you().worker === slot) return client;
  }
  throw new Error(`two hundred new sessions, and none of them on worker ${slot}`);
}

/** Waits until both tabs and all clients see the same people, on the workers where they truly sit. @returns name -> slot */
async function peopleEverywhere(): Promise<Map<string, string>> {
  return vi.waitFor(async () => {
    const people = new Map(clients.map(({ you }) => [you().name, you().worker]));
    people.set("Mila", await mila.slot()).set("Theo", await theo.slot());
    expect(await mila.people()).toEqual(people);
    expect(await theo.people()).toEqual(people);
    for (const { presence } of clients) {
      expect(new Map(presence()?.people.map(({ name, worker }) => [name, worker]))).toEqual(people);
    }
    return people;
  }, soon);
}

function countOf(slot: string, people: Map<string, string>): number {
  return [...people.values()].filter((worker) => worker === slot).length;
}

async function allHear(...texts: string[]): Promise<void> {
  for (const client of clients) {
    await vi.waitFor(() => expect(client.texts()).toEqual(expect.arrayContaining(texts)), soon);
  }
}

function refusal(part: string): Reply {
  return { ok: false, error: expect.stringContaining(part) as string };
}
