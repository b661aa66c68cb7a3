/** Promise: who follows docs/deploy/several-hosts.md has hosts behind a proxy that serves every transport; the pages of Traefik and Envoy can be typed. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeCertificate } from "../helpers/certificate.js";
import { talkOnAll } from "../helpers/every-transport.js";
import { freePorts } from "../helpers/free-ports.js";
import { type FleetProcess, holdfast, ROOT, startFleet } from "../helpers/holdfast-command.js";
import { RealProxy } from "../helpers/real-proxy.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const SESSIONS = 12;

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

/** The page's port is for examples; each host of the test is a runtime folder on this machine. */
async function startHost(command: string): Promise<FleetProcess> {
  const [start, ...args] = wordsOf(command.replace("--port 3000", "--port 0"));
  expect(start).toBe("start");
  const app = join(ROOT, "test/fixtures/apps/echo.mjs");
  const written = args.map((word) => (word === "app.mjs" ? app : word));
  const env = { PING_INTERVAL: "1500", PING_TIMEOUT: "5000", HOST: "127.0.0.1" };
  const fleet = await startFleet(written, { runtime: folder(), env });
  cleanUp.push(() => fleet.stop());
  return fleet;
}

it("several hosts", async () => {
  const page = pageOf("several-hosts");
  const [starts = [], [write = ""] = [], others = []] = blocksOf(page);
  expect([starts.length, others.length]).toEqual([2, 6]);
  const fleets = await Promise.all(starts.map(startHost));
  const site = /^```yaml\n(.*?)^```/ms.exec(page)?.[1] ?? "";
  const cwd = folder();
  const here = fleets.reduce(
    (text, { port }, at) =>
      text.replace(`address: 10.0.0.${at + 1}, port: 3000`, `address: 127.0.0.1, port: ${port}`),
    site,
  );
  expect(here).not.toContain("10.0.0.");
  writeFileSync(join(cwd, "site.yml"), here);

  const [port = 0, admin = 0] = await freePorts(2);
  const run = async (command: string): Promise<void> => {
    // A private port, and no more open files than any machine allows.
    const args = [...wordsOf(command), "--port", `${port}`, "--sessions", "500"];
    const { code, stderr } = await holdfast(args, { runtime: cwd, cwd });
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  };
  await run(write);
  const proxy = await RealProxy.start("nginx", readFileSync(join(cwd, "nginx.conf"), "utf8"), [port, admin]);
  cleanUp.push(() => proxy.stop());
  expect((await talkOnAll(proxy.url, SESSIONS)).errors).toEqual([]);
  for (const command of others) await run(command);
});

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
