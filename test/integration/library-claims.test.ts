/** Promise: slots are claimed one by one, however many processes claim at once and wherever one of them crashed. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { linkSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectory } from "../helpers/temporary.js";

const CLAIMS = fileURLToPath(new URL("../fixtures/library/claims.mjs", import.meta.url));

let folder: ReturnType<typeof temporaryDirectory>;
let claimants: ChildProcess[];
beforeEach(() => {
  folder = temporaryDirectory();
  claimants = [];
});
afterEach(async () => {
  await Promise.all(claimants.map(kill));
  folder.remove();
});

async function kill(claimant: ChildProcess): Promise<void> {
  if (claimant.exitCode !== null || claimant.signalCode !== null) return;
  claimant.kill("SIGKILL");
  await once(claimant, "close");
}

/** @returns once it stands ready, a function that lets it claim */
async function claimant(count: number): Promise<() => Promise<number[]>> {
  const started = spawn(process.execPath, [CLAIMS, folder.path, `${count}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  claimants.push(started);
  const lines = createInterface({ input: started.stdout as NodeJS.ReadableStream });
  const line = async (): Promise<string> => (await once(lines, "line"))[0] as string;
  expect(await line()).toBe("here");
  return async () => {
    started.stdin?.write("go");
    return JSON.parse(await line()) as number[];
  };
}

const files = (): string[] => readdirSync(folder.path);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe("claims at once", () => {
  it("of 25 processes, 8 each, get 200 slots", async () => {
    const all = await Promise.all(range(25).map(() => claimant(8)));
    const slots = (await Promise.all(all.map((claim) => claim()))).flat();
    expect(slots.sort((a, b) => a - b)).toEqual(range(200));
    expect(files().filter((file) => file.startsWith("claim"))).toEqual([]);
  });

  it("get as many where a process crashed while it had the lock, and another while it removed that lock", async () => {
    const [crashed, another] = [await claimant(1), await claimant(1)];
    const marks = async (claim: () => Promise<number[]>): Promise<string> => {
      const before = files();
      await claim();
      return files().find((file) => /^p[0-9a-z]+$/.test(file) && !before.includes(file)) as string;
    };
    const [dead, deadToo] = [await marks(crashed), await marks(another)];
    const at = (file: string): string => join(folder.path, file);
    // As they would have left them: hard links to their marks.
    linkSync(at(dead), at("claim"));
    linkSync(at(deadToo), at(`claim.${dead.slice(1)}`));
    await Promise.all(claimants.map(kill));

    const all = await Promise.all(range(10).map(() => claimant(4)));
    const slots = (await Promise.all(all.map((claim) => claim()))).flat();
    expect(slots.sort((a, b) => a - b)).toEqual(range(40));
    expect(files().filter((file) => file.startsWith("claim"))).toEqual([]);
    expect(files()).not.toContain(dead);
  });
});

it("a PID that another process has got since holds no slot", async () => {
  const first = await claimant(1);
  expect(await first()).toEqual([0]);
  const mark = files().find((file) => /^p[0-9a-z]+$/.test(file)) as string;
  const path = join(folder.path, mark);
  // It lives, under this PID; but it began at another time.
  const later = { ...(JSON.parse(readFileSync(path, "utf8")) as object), start: "1" };
  writeFileSync(path, JSON.stringify(later));
  expect(await (await claimant(1))()).toEqual([0]);
});

it("what a full disk left of a mark holds no slot and no lock", async () => {
  for (const name of ["s0.0.aaa", "claim"]) writeFileSync(join(folder.path, name), "");
  expect(await (await claimant(2))()).toEqual([0, 1]);
});
