/** Promise: `--listen` holds on every version of Node: the sockets are shared by private parts of it. */

import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet } from "../helpers/fleet.js";
import { freeRow } from "../helpers/free-ports.js";
import { get, getFromPath } from "../helpers/http-client.js";
import { NODE_VERSIONS } from "../helpers/node-matrix.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const WORKERS = 2;

/** Each slot answers at its own socket, before and after its worker was killed, and after a reload. */
async function holds(node: string, listen: string, ask: (slot: number) => Promise<string>): Promise<void> {
  const fleet = new Fleet("apps/echo.mjs", { workers: WORKERS, node, args: ["--listen", listen] });
  cleanUp.push(() => fleet.stop());
  await fleet.until("ready line", () => fleet.ended || / ready /.test(fleet.stdout));
  const eachAnswers = async (): Promise<void> => {
    for (let slot = 0; slot < WORKERS; slot++) expect(await ask(slot), fleet.stderr).toBe(`${slot}`);
  };
  await eachAnswers();
  process.kill(await fleet.pidOf(1), "SIGKILL");
  await fleet.until("death", () => fleet.stderr.includes("was killed by SIGKILL"));
  await eachAnswers();
  await fleet.command("reload");
  await eachAnswers();
  expect(await fleet.stop()).toBe(0);
}

describe.each(NODE_VERSIONS)("on $name", ({ path }) => {
  it("ports", async () => {
    const first = await freeRow(WORKERS);
    await holds(path, `ports:${first}`, (slot) => get(`http://127.0.0.1:${first + slot}/slot`));
  });

  it("Unix sockets", async () => {
    const folder = temporaryDirectory();
    cleanUp.push(folder.remove);
    await holds(path, `pipes:${folder.path}`, (slot) =>
      getFromPath(join(folder.path, `${slot}.sock`), "/slot"),
    );
  });
});
