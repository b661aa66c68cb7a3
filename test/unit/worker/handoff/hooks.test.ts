import { beforeEach, expect, test } from "vitest";
import {
  exportApp,
  exportSockets,
  type HandoffHooks,
  importApp,
  importSockets,
  onHandoff,
} from "../../../../src/worker/handoff/hooks.js";

let told: string[];
const warn = (sentence: string): void => void told.push(sentence);
beforeEach(() => {
  told = [];
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("holdfast.handoff.1")];
});

/** The app of the other worker sets its own hooks. */
function inTheOtherWorker(...hooks: HandoffHooks[]): void {
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("holdfast.handoff.1")];
  for (const one of hooks) onHandoff(one);
}

test("each hook gets what the one at its place gave, as a copy", async () => {
  const state = { rooms: new Map([["a", 1]]) };
  onHandoff({ export: () => state });
  onHandoff({ export: async () => "second" });
  const states = await exportApp(warn);
  state.rooms.set("b", 2);
  const got: unknown[] = [];
  inTheOtherWorker({ import: (value) => got.push(value) }, { import: async (value) => got.push(value) });
  await importApp(states, warn);
  expect([got, told]).toEqual([[{ rooms: new Map([["a", 1]]) }, "second"], []]);
});

test("a hook that throws, or gives what cannot be cloned, leaves its state behind and the others theirs", async () => {
  onHandoff({ export: () => Promise.reject(new Error("no store")) });
  onHandoff({ export: () => ({ call: () => {} }) });
  onHandoff({ export: () => 3 });
  expect(await exportApp(warn)).toEqual([undefined, undefined, 3]);
  expect(told).toEqual([
    "The app's hook export() failed, and its state stays behind: no store",
    expect.stringContaining("could not be cloned"),
  ]);
  inTheOtherWorker({}, {}, { import: () => Promise.reject(new Error("no such number")) });
  await importApp([undefined, undefined, 3], warn);
  expect(told.at(-1)).toBe("The app's hook import() failed: no such number");
});

test("the new worker may have fewer hooks, or more", async () => {
  const got: unknown[] = [];
  inTheOtherWorker({ import: (value) => got.push(value) });
  await importApp([1, 2], warn);
  inTheOtherWorker({ import: (value) => got.push(value) }, { import: (value) => got.push(value) });
  await importApp([3], warn);
  expect(got).toEqual([1, 3]);
});

test("what belongs to a socket goes with it, and nothing is asked where no hook wants to know", () => {
  const sockets = [{ id: "a" }, { id: "b" }];
  onHandoff({ export: () => 1 });
  expect(exportSockets(sockets)).toBeUndefined();
  onHandoff({ exportSocket: ({ id }: { id: string }) => (id === "b" ? { of: id } : undefined) });
  const states = exportSockets(sockets);
  const got: unknown[] = [];
  inTheOtherWorker({}, { importSocket: ({ id }: { id: string }, state) => void got.push([id, state]) });
  importSockets(sockets, states);
  expect(got).toEqual([["b", { of: "b" }]]);
});

test("a hook that is no function is refused", () => {
  expect(() => onHandoff({ export: 5 as never })).toThrow(
    new TypeError("onHandoff: export must be a function."),
  );
});
