/** Promise: to an app, `listen()` and all that follows from it are as in plain Node: the same events, states, errors and exceptions. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fleet, startFleet } from "../helpers/fleet.js";
import { freePorts } from "../helpers/free-ports.js";
import { NODE_VERSIONS } from "../helpers/node-matrix.js";
import { temporaryDirectory } from "../helpers/temporary.js";

const OBSERVE = fileURLToPath(new URL("../fixtures/listen/observe.mjs", import.meta.url));
const WORKERS = 3;
const SCENARIOS = 80;

type Observed = { group: string; name: string; log: unknown[][] };

let foreign: Server;
let environment: { ports: number[]; other: number; foreign: number; folder: string };
const folder = temporaryDirectory();

beforeAll(async () => {
  const ports = await freePorts(SCENARIOS + 1);
  foreign = createServer().listen(0, "0.0.0.0");
  await once(foreign, "listening");
  environment = { ports, other: ports.pop() ?? 0, foreign: portOf(foreign), folder: folder.path };
});
afterAll(() => {
  foreign.close();
  folder.remove();
});

describe.each(NODE_VERSIONS)("on $name", ({ path }) => {
  let plain: Observed[];
  let workers: Observed[][];

  beforeAll(async () => {
    const env = { LISTEN_ENV: JSON.stringify(environment) };
    plain = await observePlain(path, env);
    workers = await observeFleet(path, env);
  });

  it("every scenario ends in every worker as in plain Node", () => {
    expect(plain.length).toBeGreaterThan(50);
    expect(plain.filter(({ log }) => log.some(([what]) => what === "failed"))).toEqual([]);
    for (const worker of workers) expect(worker.map(withoutAnyPort)).toEqual(plain.map(withoutAnyPort));
  });

  it("a server on any port has the same one in every worker, and no two servers share theirs", () => {
    const perWorker = workers.map((worker) =>
      worker.filter(({ group }) => group === "ANY_PORT").map(({ log }) => portIn(log)),
    );
    expect(perWorker[0]).toHaveLength(6);
    expect(new Set(perWorker[0]).size).toBe(6);
    for (const ports of perWorker) expect(ports).toEqual(perWorker[0]);
  });
});

async function observePlain(node: string, env: Record<string, string>): Promise<Observed[]> {
  const child = spawn(node, [OBSERVE], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = await linesUntilEnd(child);
  child.kill("SIGKILL");
  return lines.filter((line) => line.startsWith("LOG {")).map(parse);
}

async function linesUntilEnd(child: ChildProcess): Promise<string[]> {
  let text = "";
  for await (const chunk of child.stdout as NonNullable<ChildProcess["stdout"]>) {
    text += chunk;
    if (text.includes("LOG END")) break;
  }
  return text.split("\n");
}

async function observeFleet(node: string, env: Record<string, string>): Promise<Observed[][]> {
  const fleet = await startFleet("listen/observe.mjs", { workers: WORKERS, node, env, ready: false });
  try {
    const ends = (): number => fleet.stdout.split("LOG END").length - 1;
    await fleet.until("the end of every worker's log", () => ends() === WORKERS || fleet.ended);
    return Array.from({ length: WORKERS }, (_, slot) => logOf(fleet, slot));
  } finally {
    await fleet.stop();
  }
}

function logOf(fleet: Fleet, slot: number): Observed[] {
  const start = `${slot} | LOG {`;
  return fleet.stdout
    .split("\n")
    .filter((line) => line.startsWith(start))
    .map((line) => parse(line.slice(4)));
}

const parse = (line: string): Observed => JSON.parse(line.slice("LOG ".length)) as Observed;

/** Which port is taken where any will do differs from run to run. */
function withoutAnyPort(observed: Observed): Observed {
  if (observed.group !== "ANY_PORT") return observed;
  return JSON.parse(JSON.stringify(observed).replace(/"port":\d+/g, '"port":"any"')) as Observed;
}

function portIn(log: unknown[][]): unknown {
  const [, , address] = log.find(([, event]) => event === "listening") ?? [];
  return (address as { port: number } | undefined)?.port;
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}
