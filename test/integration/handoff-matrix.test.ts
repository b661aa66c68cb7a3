/** Promise: sessions of every kind move, and come back, on each supported version of Node with each of socket.io. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { MODULES } from "../helpers/app-folder.js";
import { NODE_VERSIONS } from "../helpers/node-matrix.js";

const SESSIONS = fileURLToPath(new URL("../fixtures/handoff-matrix/sessions.mjs", import.meta.url));
const run = promisify(execFile);

/** Of the newest socket.io, the one that the tests use. */
const COPIES = [
  ["socket.io 4.6", MODULES["socket.io 4.6"]],
  ["socket.io 4.7", MODULES["socket.io 4.7"]],
  ["socket.io 4.8", MODULES.own],
] as const;

/** What {@link SESSIONS} tells when it has done it. */
const CASES = [
  "frames cut anywhere",
  "a message in fragments",
  "a packet of which one attachment is missing",
  "two namespaces, acks both ways, binary, over websocket",
  "two namespaces, acks both ways, binary, over polling",
  "compression with context takeover",
];

describe.each(NODE_VERSIONS)("on $name", ({ path }) => {
  it.each(COPIES)("with %s", async (_name, modules) => {
    expect([path, modules].filter((needed) => !existsSync(needed))).toEqual([]);
    const { stdout } = await run(path, [SESSIONS, modules], { timeout: 20_000 });
    const done = stdout.split("\n").map((line) => line.slice(0, line.lastIndexOf(":")));
    expect(done.filter(Boolean)).toEqual(CASES);
  });
});
