/** Promise: processes in containers that share a folder are one fleet: each keeps its slot while it lives, and only so long. */

import { afterEach, expect, it } from "vitest";
import type { AppFolder } from "../helpers/app-folder.js";
import { Container } from "../helpers/containers.js";
import { connected, newClient, slotOf, talkOnAll } from "../helpers/every-transport.js";
import { LibraryProcess, libraryFolder, RoundRobinFront } from "../helpers/library-processes.js";

const CONTAINERS = 3;
const EACH = 2;

let folder: AppFolder | undefined;
let front: RoundRobinFront | undefined;
let containers: Container[] = [];
let outside: LibraryProcess | undefined;
afterEach(async () => {
  front?.close();
  await Promise.all(containers.map((container) => container.kill()));
  await outside?.kill();
  folder?.remove();
  containers = [];
});

const socketsOf = (name: string): string[] =>
  Array.from({ length: EACH }, (_, index) => `${folder?.path}/${name}${index}.sock`);

function start(entry: string, name: string): Container {
  const started = socketsOf(name).map((path) => `SOCKET=${path} ${process.execPath} ${entry} &`);
  // In turn, so that every process gets sessions.
  const env = { POLICY: "round-robin" };
  const container = new Container(`${started.join(" ")} wait`, folder as AppFolder, env);
  containers.push(container);
  return container;
}

it("slots are never shared or stolen, strays and broadcasts cross, and a killed container gives its slots back", async () => {
  folder = libraryFolder();
  const entry = folder.copy("library/managed.mjs");
  const names = Array.from({ length: CONTAINERS }, (_, index) => `c${index}-`);
  const first = names.map((name) => start(entry, name));
  const slots = await Promise.all(first.map((container) => container.joined(EACH)));
  expect(slots.flat().sort()).toEqual([0, 1, 2, 3, 4, 5]);

  front = await RoundRobinFront.listen(names.flatMap(socketsOf));
  const { url } = front;
  const { slots: served, errors } = await talkOnAll(url, 24);
  expect(errors).toEqual([]);
  expect([...served].sort()).toEqual([0, 1, 2, 3, 4, 5]);

  const sockets = Array.from({ length: 24 }, () => newClient(url, "websocket"));
  await Promise.all(sockets.map(connected));
  expect(new Set(sockets.map(slotOf)).size).toBe(CONTAINERS * EACH);
  const heard = sockets.map((socket) => new Promise((resolve) => socket.once("shout", resolve)));
  sockets[0]?.emit("shout", "hello");
  expect(await Promise.all(heard)).toEqual(Array(sockets.length).fill("hello"));
  for (const socket of sockets) socket.disconnect();

  for (const path of socketsOf("c1-")) front.leaveOut(path);
  await first[1]?.kill();
  // Of the host, where no process of a container has the PID that it says: it must ask them all the same.
  outside = new LibraryProcess(entry, folder);
  const [joined] = await outside.joined();
  expect(slots[1]).toContain(joined?.slot);
  const [freed] = (slots[1] ?? []).filter((slot) => slot !== joined?.slot);
  const next = await start(entry, "c3-").joined(EACH);
  expect(next.sort()).toEqual([freed, 6]);

  const { errors: after } = await talkOnAll(url, 12);
  expect(after).toEqual([]);
  expect(outside.stderr).toBe("");
  for (const container of containers) expect(container.output).not.toMatch(/warn|error/i);
});
