/**
 * Test helper: ports for programs that cannot choose one themselves. Below those that the system gives to outgoing connections,
 * since one of these may be given away before it is used; and none twice in one process, or in two that run side by side.
 */

import { createServer } from "node:net";

/** Vitest numbers the processes that run at the same time, from 1. */
const SIDE = Number(process.env.VITEST_POOL_ID ?? 0) % 2;
const FROM = 10_000 + SIDE * 10_000;
const TO = FROM + 10_000;
let next = FROM + Math.floor(Math.random() * (TO - FROM));

/** Ports that were free a moment ago, no two the same. */
export async function freePorts(count: number): Promise<number[]> {
  const first = await freeRow(count);
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The first of so many free ports in a row. */
export async function freeRow(count: number): Promise<number> {
  for (;;) {
    const first = next + count < TO ? next : FROM;
    next = first + count;
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (!free.includes(false)) return first;
  }
}

/** On every address: a port may be taken on one only. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().on("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
