/** Promise: the pages of Traefik and Envoy can be typed; the page of several hosts names every key of a site file. What else it says: site-guide. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeCertificate } from "../helpers/certificate.js";
import { holdfast, ROOT } from "../helpers/holdfast-command.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function folder(): string {
  const { path, remove } = temporaryDirectory();
  cleanUp.push(remove);
  return path;
}

const pageOf = (name: string): string => readFileSync(join(ROOT, `docs/deploy/${name}.md`), "utf8");

/** Of each block that is meant to be typed, its lines. */
function blocksOf(page: string): string[][] {
  return [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block.trim().split("\n"));
}

function wordsOf(command: string): string[] {
  const [program, ...args] = command.split(" ");
  expect(program).toBe("holdfast");
  return args;
}

it.each(["traefik", "envoy"])("%s: every command of its page ends well", async (kind) => {
  const cwd = folder();
  const { cert, key } = makeCertificate(cwd);
  writeFileSync(join(cwd, "chat.crt"), readFileSync(cert));
  writeFileSync(join(cwd, "chat.key"), readFileSync(key));
  const commands = blocksOf(pageOf(kind)).flat();
  expect(commands.length).toBeGreaterThanOrEqual(4);
  for (const command of commands) {
    const { code, stderr } = await holdfast(wordsOf(command), { runtime: cwd, cwd });
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  }
});

it("the table of keys of a site file names what the command knows, and nothing else", async () => {
  const table = /^## The file\n(.*?)^Each host/ms.exec(pageOf("several-hosts"))?.[1] ?? "";
  const rows = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, first = ""]) => first);
  const documented = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, key]) => key));
  const cwd = folder();
  writeFileSync(join(cwd, "site.yml"), "nonsenseWord: 1\n");
  const { stderr } = await holdfast(["proxy", "nginx", "--site", "site.yml"], { runtime: cwd, cwd });
  const known = /Known are ([\w, ]+)\./.exec(stderr)?.[1]?.split(", ");
  expect(documented.sort()).toEqual(known?.sort());
});
