import { expect, test } from "vitest";
import { FleetMemory } from "../../../src/primary/memory.js";

const GIB = 2 ** 30;

function memory(
  limit: number | undefined,
  nodeArgs: string[] = [],
  env: NodeJS.ProcessEnv = {},
): FleetMemory {
  return new FleetMemory({ nodeArgs }, env, { limit, ownHeap: 0.5 * GIB });
}

test("without a limit nothing is set, shown or said", () => {
  expect(memory(undefined).nodeArgs(4)).toEqual([]);
  expect(memory(undefined).status(4)).toBeNull();
  expect(memory(undefined).announcement(4)).toBeUndefined();
});

test("with a limit each worker gets its share, and a larger fleet smaller ones", () => {
  expect(memory(GIB).nodeArgs(4)).toEqual(["--max-old-space-size=174"]);
  expect(memory(GIB).nodeArgs(8)).toEqual(["--max-old-space-size=87"]);
  expect(memory(GIB).status(4)).toEqual({ limit: GIB, heap: 174 });
  expect(memory(GIB).announcement(4)).toMatchObject({
    level: "info",
    text: "memory limit 1024 MiB: each of 4 workers gets --max-old-space-size=174",
  });
});

test("what the user has set stands, by --node-args or NODE_OPTIONS", () => {
  const chosen = [
    memory(GIB, ["--max-old-space-size=100"]),
    memory(GIB, [], { NODE_OPTIONS: "--enable-source-maps --max_old_space_size=100" }),
  ];
  for (const fleet of chosen) {
    expect(fleet.nodeArgs(4)).toEqual([]);
    expect(fleet.status(4)).toEqual({ limit: GIB, heap: null });
    expect(fleet.announcement(4)).toBeUndefined();
  }
});

test("too many workers are warned of, with how many have room", () => {
  expect(memory(GIB / 2).announcement(8)).toMatchObject({
    level: "warn",
    text: "memory limit 512 MiB: too little for 8 workers with --max-old-space-size=64 each; raise it, or start with --workers 4",
  });
  expect(memory(GIB / 8).announcement(1)).toMatchObject({
    level: "warn",
    text: "memory limit 128 MiB: too little for 1 worker with --max-old-space-size=64 each; raise it",
  });
});
