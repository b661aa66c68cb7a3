import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { officialAdapter } from "../../../src/worker/official-adapter.js";
import { temporaryDirectory } from "../../helpers/temporary.js";

/** What the stand-ins for the app's packages note: real servers of these kinds are not in every place where this runs. */
type Heard = {
  clients: import("node:events").EventEmitter[];
  unrefs: number;
  sql: string[];
  closed: number;
  options: { allowExitOnIdle?: boolean };
  existing: boolean;
};
let heard: Heard;
let entry: string;
let remove: () => void;
beforeEach(() => {
  heard = { clients: [], unrefs: 0, sql: [], closed: 0, options: {}, existing: false };
  vi.stubGlobal("heardByStandIns", heard);
  const folder = temporaryDirectory();
  remove = folder.remove;
  entry = join(folder.path, "server.js");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  remove();
});

function install(name: string, code: string): void {
  const folder = join(entry, "..", "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.js"), `const heard = globalThis.heardByStandIns;\n${code}`);
}

function installRedis(): void {
  install(
    "redis",
    `const { EventEmitter } = require("node:events");
    class Client extends EventEmitter {
      constructor() { super(); heard.clients.push(this); }
      duplicate() { return new Client(); }
      async connect() {}
      unref() { heard.unrefs += 1; }
    }
    exports.createClient = () => new Client();`,
  );
  install(
    "@socket.io/redis-streams-adapter",
    "exports.createAdapter = (c) => { c.duplicate(); return class {} };",
  );
}

function installPostgres(): void {
  install(
    "pg",
    `const { EventEmitter } = require("node:events");
    exports.Pool = class extends EventEmitter {
      constructor(options) { super(); heard.options = options; heard.clients.push(this); }
      totalCount = 1; idleCount = 0; waitingCount = 0;
      async query(sql) {
        heard.sql.push(sql);
        if (!heard.existing && sql.startsWith("SELECT")) throw Object.assign(new Error("no table"), { code: "42P01" });
      }
    };`,
  );
  install(
    "@socket.io/postgres-adapter",
    "exports.createAdapter = () => class { close() { heard.closed += 1; } };",
  );
}

const make = (name: "redis-streams" | "postgres", warnings: string[] = []) =>
  officialAdapter({ name, url: `${name}://:hunter2@10.0.0.5` }, entry, (sentence) => warnings.push(sentence));

test("no connection of the client redis keeps a worker alive, not even one that the adapter makes itself", async () => {
  installRedis();
  await make("redis-streams");
  expect(heard.clients).toHaveLength(2);
  for (const client of heard.clients) client.emit("ready");
  expect(heard.unrefs).toBe(2);
  // Connected anew after the server was away.
  for (const client of heard.clients) client.emit("ready");
  expect(heard.unrefs).toBe(4);
});

test("a connection to PostgreSQL that breaks while the adapter has it is a warning without the password, not the worker's end", async () => {
  installPostgres();
  const warnings: string[] = [];
  await make("postgres", warnings);
  const { EventEmitter } = await import("node:events");
  const connection = new EventEmitter();
  heard.clients[0]?.emit("connect", connection);
  connection.emit("error", new Error("terminating connection due to administrator command"));
  expect(warnings).toEqual([
    "The adapter postgres has trouble with postgres://10.0.0.5: terminating connection due to administrator command. Its client goes on trying.",
  ]);
  expect(heard.options.allowExitOnIdle).toBe(true);
});

test("the table of PostgreSQL is made where it is not there, and else left alone", async () => {
  installPostgres();
  await make("postgres");
  await vi.waitFor(() => expect(heard.sql).toHaveLength(2));
  expect(heard.sql[1]).toMatch(/^CREATE TABLE IF NOT EXISTS socket_io_attachments /);
  heard.existing = true;
  heard.sql = [];
  await make("postgres");
  expect(heard.sql).toEqual(["SELECT FROM socket_io_attachments LIMIT 0"]);
});

test("a worker that has drained closes each adapter once, and waits until the pool has said it", async () => {
  installPostgres();
  const { adapter, leave } = await make("postgres");
  const [first] = [new adapter(undefined as never), new adapter(undefined as never)] as { close(): void }[];
  first?.close();
  vi.useFakeTimers();
  let hasLeft = false;
  const leaving = leave?.().then(() => {
    hasLeft = true;
  });
  expect(heard.closed).toBe(2);
  await vi.advanceTimersByTimeAsync(100);
  expect(hasLeft).toBe(false);
  Object.assign(heard.clients[0] ?? {}, { idleCount: 1 });
  await vi.advanceTimersByTimeAsync(100);
  await leaving;
  first?.close();
  expect(heard.closed).toBe(2);
});
