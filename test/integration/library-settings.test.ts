/** Promise: `holdfast(io)` says in one sentence what it cannot use, and leaves a fleet in order when it is told to. */

import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AppFolder } from "../helpers/app-folder.js";
import { type Joined, LibraryProcess, libraryFolder, RoundRobinFront } from "../helpers/library-processes.js";
import { Visitors } from "../helpers/visitors.js";

let folder: AppFolder;
let entry: string;
let started: LibraryProcess[];
let front: RoundRobinFront | undefined;
beforeEach(() => {
  folder = libraryFolder();
  entry = folder.copy("library/managed.mjs");
  started = [];
});
afterEach(async () => {
  front?.close();
  await Promise.all(started.map((process) => process.kill()));
  folder.remove();
  front = undefined;
});

function start(env: Record<string, string> = {}): LibraryProcess {
  const process = new LibraryProcess(entry, folder, env);
  started.push(process);
  return process;
}

async function joined(process: LibraryProcess): Promise<Joined> {
  const [first] = await process.joined();
  return first as Joined;
}

const LONG = "x".repeat(65);

it.each([
  ["HOLDFAST_SLOT", "abc", 'HOLDFAST_SLOT is "abc": write a whole number from 0 to 1295', "ERR_SETTING"],
  ["HOLDFAST_SLOT", "-1", 'HOLDFAST_SLOT is "-1": write a whole number from 0 to 1295', "ERR_SETTING"],
  ["HOLDFAST_SLOT", "5000", 'HOLDFAST_SLOT is "5000": write a whole number from 0 to 1295', "ERR_SETTING"],
  ["HOLDFAST_NAME", "a/b", 'The fleet name "a/b" cannot be used', "ERR_FLEET_NAME"],
  ["HOLDFAST_NAME", LONG, `The fleet name "${LONG}" cannot be used`, "ERR_FLEET_NAME"],
  [
    "HOLDFAST_RUNTIME_DIR",
    "/dev/null",
    "The folder /dev/null/chat cannot be used for sockets",
    "ERR_RUNTIME_DIRECTORY",
  ],
  ["HOLDFAST_RUNTIME_DIR", `/tmp/${LONG}${LONG}`, "is too long for Unix sockets", "ERR_RUNTIME_DIRECTORY"],
])("%s=%s ends the app with a sentence", async (name, value, sentence, code) => {
  const refused = start({ [name]: value });
  await once(refused.process, "close");
  expect(refused.process.exitCode).toBe(1);
  expect(refused.stderr).toContain(sentence);
  expect(refused.stderr).toContain(code);
});

describe("a slot that another process has", () => {
  it("is said, with who has it, where it was asked for; the next free one serves", async () => {
    const [first, second] = [start({ HOLDFAST_SLOT: "1" }), start({ HOLDFAST_SLOT: "1" })];
    const both = await Promise.all([joined(first), joined(second)]);
    expect(both.map(({ slot }) => slot).sort()).toEqual([0, 1]);
    const holder = both.find(({ slot }) => slot === 1) as Joined;
    const [other, quiet] = both[0] === holder ? [second, first] : [first, second];
    expect(other.stderr).toContain(
      `[ERR_SLOT_TAKEN] HoldfastWarning: HOLDFAST_SLOT is 1, and process ${holder.pid} has that slot: this process took slot 0.`,
    );
    expect(quiet.stderr).toBe("");
  });

  it("is silently another one where a manager's number was inherited", async () => {
    const both = [start({ NODE_APP_INSTANCE: "1" }), start({ NODE_APP_INSTANCE: "1" })];
    const slots = (await Promise.all(both.map(joined))).map(({ slot }) => slot);
    expect(slots.sort()).toEqual([0, 1]);
    expect(both.map(({ stderr }) => stderr)).toEqual(["", ""]);
  });
});

it("SIGTERM, where the app drains: its clients go to the others, it exits, and its slot is free", async () => {
  // Long polls of other sessions that came by way of it are waited for until then.
  const processes = [start({ DRAIN_WITHIN: "2000" }), start(), start()];
  const all = await Promise.all(processes.map(joined));
  front = await RoundRobinFront.listen(all.map(({ port }) => port));
  const visitors = await Visitors.arrive(front.url, 24);
  const [leaving] = processes as [LibraryProcess];
  const [{ port, slot }] = all as [Joined];
  const sessions = visitors.slots().filter((one) => one === slot).length;
  expect(sessions).toBeGreaterThan(0);
  front.leaveOut(port);
  leaving.process.kill("SIGTERM");
  await leaving.closed();
  expect(leaving.process.exitCode).toBe(0);
  // Whoever reconnected while it drained may have been closed with the others.
  expect(Number(/^DRAINED sessions=(\d+)$/m.exec(leaving.stdout)?.[1])).toBeGreaterThanOrEqual(sessions);
  await visitors.allBack();
  expect(visitors.slots()).not.toContain(slot);
  visitors.leave();
  expect((await joined(start())).slot).toBe(slot);
});
