/** Promise: while two workers share a slot, its row on the load board says what holds of the slot, in whatever order they hear of each other. */

import { afterEach, beforeEach, expect, it } from "vitest";
import { LoadBoard, type LoadRow } from "../../src/protocol/load-board.js";
import { Runtime } from "../../src/worker/runtime.js";
import { temporaryDirectory } from "../helpers/temporary.js";

let folder: ReturnType<typeof temporaryDirectory>;
let runtimes: Runtime[];
beforeEach(() => {
  folder = temporaryDirectory();
  runtimes = [];
});
afterEach(() => {
  for (const runtime of runtimes) runtime.close();
  folder.remove();
});

/** One that is ready, as its primary was told. */
async function worker(slot: number, generation: number, takesOver = false): Promise<Runtime> {
  const own = { fleet: "test", directory: folder.path, host: 0, slot, generation, takesOver };
  const network = { policy: "ip-hash", trustProxy: [], trustHeader: "x-forwarded-for" } as const;
  const runtime = new Runtime({ ...own, ...network, proxyProtocol: false }, () => {});
  runtimes.push(runtime);
  await runtime.start();
  runtime.ready();
  return runtime;
}

/** As a worker of another slot sees it. */
function rows(): LoadRow[] {
  const board = new LoadBoard(folder.path, 7);
  try {
    return board.read();
  } finally {
    board.close();
  }
}

it("a slot takes new sessions all the time, though the older worker is told to leave before it hears who serves", async () => {
  const older = await worker(3, 1);
  const newer = await worker(3, 2, true);
  newer.takeOver();
  older.leave();
  expect(rows()).toEqual([{ slot: 3, load: 0 }]);
  older.close();
  expect(rows()).toEqual([{ slot: 3, load: 0 }]);
});

it("nor is there a gap when the older worker leaves first", async () => {
  const older = await worker(3, 1);
  const newer = await worker(3, 2, true);
  older.leave();
  expect(rows()).toEqual([{ slot: 3, load: 0 }]);
  newer.takeOver();
  expect(rows()).toEqual([{ slot: 3, load: 0 }]);
});

it("a slot whose last worker leaves takes none", async () => {
  const older = await worker(3, 1);
  const newer = await worker(3, 2, true);
  newer.takeOver();
  older.leave();
  older.close();
  newer.leave();
  expect(rows()).toEqual([]);
});
