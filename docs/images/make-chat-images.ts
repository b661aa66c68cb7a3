/**
 * Makes chat-light.png and chat-dark.png from a running chat that nobody uses yet:
 *   npx holdfast start examples/chat/server.ts --workers 3 --port 3100 --policy round-robin
 *   npx tsx docs/images/make-chat-images.ts http://localhost:3100
 */

import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { joinChat } from "../../test/helpers/chat-client.js";
import { CHROMIUM, ChatTab } from "../../test/helpers/chat-tab.js";

const url = process.argv[2] ?? "http://localhost:3000";
const browser = await chromium.launch(CHROMIUM);
const light = await tab("Mila", "light");
const dark = await tab("Theo", "dark");
const anton = await joinChat(url, "Anton");
const yuki = await joinChat(url, "Yuki");
const rosa = await joinChat(url, "Rosa", "kitchen");
const kofi = await joinChat(url, "Kofi", "music");

await anton.say("Good morning! The tide is out, and the mud is lovely.");
await say(light, "Who is up for a walk before lunch?");
await yuki.say("Me! Twenty minutes, at the harbour?");
// People do not all speak at once, and the times on the picture are to show it.
await pause(100_000);
await say(dark, "Count me in. I bring the thermos.");
await say(dark, "Ginger tea or coffee?");
await yuki.say("Coffee!");
await anton.say("Both, if there is room in the bag. And somebody take a picture of the seals this time.");
await say(light, "Deal. See you there");

await take(light, "chat-light", () => yuki.type());
await take(dark, "chat-dark", () => anton.type());
await browser.close();
for (const { socket } of [anton, yuki, rosa, kofi]) socket.disconnect();

async function tab(name: string, colorScheme: "light" | "dark"): Promise<ChatTab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme });
  return ChatTab.open(context, url, name);
}

async function say(who: ChatTab, text: string): Promise<void> {
  await who.write(text);
  await who.sees(text);
}

async function take({ page }: ChatTab, file: string, type: () => void): Promise<void> {
  type();
  await page.locator("#typing .dots").waitFor();
  await page.waitForFunction("document.querySelectorAll('.person').length === 6");
  await page.screenshot({
    animations: "disabled",
    path: fileURLToPath(new URL(`${file}.png`, import.meta.url)),
  });
}
