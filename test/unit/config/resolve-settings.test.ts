import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { resolveSettings, type SettingSources } from "../../../src/config/resolve-settings.js";

const resolve = (sources: Partial<SettingSources> = {}) =>
  resolveSettings("/nowhere/app.js", [], { flags: {}, env: {}, cpus: 8, ...sources });

const file = (values: Record<string, unknown>) => ({ label: "holdfast.config.ts", values });

function refusal(sources: Partial<SettingSources>): UsageError {
  try {
    resolve(sources);
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  throw new Error("the settings were not refused");
}

test("with nothing said, every setting has its default", () => {
  expect(resolve()).toEqual({
    entry: "/nowhere/app.js",
    args: [],
    name: "app",
    workers: 8,
    port: undefined,
    host: undefined,
    listen: undefined,
    admin: undefined,
    policy: "least-sessions",
    trustProxy: [],
    trustHeader: "auto",
    proxyProtocol: false,
    hostNumber: 0,
    site: undefined,
    adapter: undefined,
    log: "pretty",
    prefix: true,
    readyOn: "listening",
    bootTimeout: 30_000,
    drainTimeout: 25_000,
    handoffTimeout: 30_000,
    parallel: 1,
    shutdownDelay: 0,
    restartDelay: 100,
    restartDelayMax: 15_000,
    maxFailures: 8,
    minUptime: 10_000,
    nodeArgs: [],
  });
});

test("flag before environment before file before default", () => {
  const all = {
    flags: { port: "1" },
    env: { HOLDFAST_PORT: "2", HOLDFAST_HOST: "env" },
    file: file({ port: 3, host: "file", name: "file" }),
  };
  expect(resolve(all)).toMatchObject({ port: 1, host: "env", name: "file", policy: "least-sessions" });
});

test("PORT and HOST belong to the app and set nothing", () => {
  expect(resolve({ env: { PORT: "5000", HOST: "here" } })).toMatchObject({
    port: undefined,
    host: undefined,
  });
});

test("a variable that is empty is not set", () => {
  expect(resolve({ env: { HOLDFAST_WORKERS: "", WEB_CONCURRENCY: "3" } }).workers).toBe(3);
});

test("--listen gives each slot a socket of its own, from flag, environment and file alike", () => {
  expect(resolve({ flags: { listen: "ports:4000" } }).listen).toEqual({ kind: "ports", first: 4000 });
  expect(resolve({ env: { HOLDFAST_LISTEN: "ports:4000" } }).listen).toEqual({ kind: "ports", first: 4000 });
  expect(resolve({ file: file({ listen: "pipes:/run/chat" }) }).listen).toEqual({
    kind: "pipes",
    folder: "/run/chat",
  });
});

test("--admin is a port of this machine, or an address, from flag, environment and file alike", () => {
  expect(resolve({ flags: { admin: "9464" } }).admin).toEqual({ host: "127.0.0.1", port: 9464 });
  expect(resolve({ env: { HOLDFAST_ADMIN: "[::]:9464" } }).admin).toEqual({ host: "::", port: 9464 });
  expect(resolve({ file: file({ admin: 9464 }) }).admin).toEqual({ host: "127.0.0.1", port: 9464 });
  const sentence = (sources: Partial<SettingSources>) => refusal(sources).message;
  expect(sentence({ env: { HOLDFAST_ADMIN: "localhost:9464" } })).toBe(
    'HOLDFAST_ADMIN must be a port from 1 to 65535, or an IP address and a port such as "0.0.0.0:9464" or "[::]:9464", but is "localhost:9464". Write, for example, HOLDFAST_ADMIN=127.0.0.1:9464',
  );
  expect(sentence({ file: file({ admin: 0 }) })).toContain("holdfast.config.ts: admin must be a port");
});

test("the folder of --listen is absolute, wherever the workers run", () => {
  const folder = join(process.cwd(), "sockets");
  expect(resolve({ flags: { listen: "pipes:sockets/" } }).listen).toEqual({ kind: "pipes", folder });
});

test.each<[Partial<SettingSources>, string]>([
  [
    { flags: { port: "3000", listen: "ports:4000" } },
    "--port and --listen exclude each other: the first says one socket for all workers, the second one for each. Leave one of them out.",
  ],
  [
    { flags: { listen: "pipes:/run/chat" }, env: { HOLDFAST_PORT: "0" } },
    "HOLDFAST_PORT and --listen exclude each other: the first says one socket for all workers, the second one for each. Leave one of them out.",
  ],
  [
    { flags: { host: "::1" }, file: file({ listen: "pipes:/run/chat" }) },
    "--host and holdfast.config.ts: listen pipes:/run/chat exclude each other: a Unix socket has no address. Leave one of them out.",
  ],
])("what excludes each other gets one sentence: %j", (sources, sentence) => {
  expect(refusal(sources)).toMatchObject({ code: "ERR_USAGE", message: sentence });
});

test.each([
  ["4", 4],
  ["auto", 8],
  ["max", 8],
  ["50%", 4],
  ["10%", 1],
  ["100%", 8],
  ["1", 1],
  ["20", 20],
])("--workers %s on 8 processors is %d", (workers, count) => {
  expect(resolve({ flags: { workers } }).workers).toBe(count);
});

test("WEB_CONCURRENCY that a buildpack worked out from memory does not exceed the processors", () => {
  const env = { WEB_CONCURRENCY: "28", WEB_CONCURRENCY_SET_BY: "heroku/nodejs" };
  expect(resolve({ env }).workers).toBe(8);
  expect(resolve({ env: { WEB_CONCURRENCY: "28" } }).workers).toBe(28);
  expect(resolve({ env: { ...env, HOLDFAST_WORKERS: "12" } }).workers).toBe(12);
});

test("times may have a unit wherever they are written", () => {
  const sources = {
    flags: { bootTimeout: "1m" },
    env: { HOLDFAST_DRAIN_TIMEOUT: "900ms" },
    file: file({ minUptime: "2s", restartDelay: 7 }),
  };
  expect(resolve(sources)).toMatchObject({
    bootTimeout: 60_000,
    drainTimeout: 900,
    minUptime: 2000,
    restartDelay: 7,
  });
});

test("lists may be text or lists", () => {
  const env = { HOLDFAST_NODE_ARGS: '--inspect --title="a b"' };
  expect(resolve({ env, file: file({ trustProxy: ["loopback", "10.0.0.0/8"] }) })).toMatchObject({
    nodeArgs: ["--inspect", "--title=a b"],
    trustProxy: ["loopback", "10.0.0.0/8"],
  });
  expect(resolve({ flags: { trustProxy: "::1,fc00::/7" } }).trustProxy).toEqual(["::1", "fc00::/7"]);
  expect(resolve({ flags: { trustProxy: "2" } }).trustProxy).toBe(2);
  expect(resolve({ file: file({ trustProxy: true, proxyProtocol: true }) })).toMatchObject({
    trustProxy: true,
    proxyProtocol: true,
  });
});

test("switches", () => {
  expect(resolve({ flags: { waitReady: true, prefix: false } })).toMatchObject({
    readyOn: "message",
    prefix: false,
  });
  expect(resolve({ env: { HOLDFAST_WAIT_READY: "yes", HOLDFAST_PREFIX: "0" } })).toMatchObject({
    readyOn: "message",
    prefix: false,
  });
});

/** With the longest name of a slot's socket behind it, one byte more than a Unix socket's path may have. */
const TOO_LONG = `/${"x".repeat(93)}`;

test.each<[Partial<SettingSources>, string]>([
  [
    { file: file({ workers: "many" }) },
    'holdfast.config.ts: workers must be a whole number from 1 to 1296, a share such as "50%", or "auto", but is "many". Write, for example, workers: 4',
  ],
  [
    { flags: { port: "70000" } },
    "--port must be a whole number from 0 to 65535, but is 70000. Write, for example, --port 3000",
  ],
  [
    { env: { HOLDFAST_LOG: "xml" } },
    'HOLDFAST_LOG must be "pretty" or "json", but is "xml". Write, for example, HOLDFAST_LOG=json',
  ],
  [
    { env: { WEB_CONCURRENCY: "0" } },
    'WEB_CONCURRENCY must be a whole number from 1 to 1296, a share such as "50%", or "auto", but is 0. Write, for example, WEB_CONCURRENCY=4',
  ],
  [
    { flags: { bootTimeout: "soon" } },
    '--boot-timeout must be a time in milliseconds or with a unit, such as 500, "500ms", "30s" or "2m", but is "soon". Write, for example, --boot-timeout 30s',
  ],
  [
    { flags: { trustProxy: "10.0.0.0/64" } },
    '--trust-proxy must be IP addresses, networks such as "10.0.0.0/8", "loopback", "linklocal", "uniquelocal" or "unix", or one number of hops, true or false, but is "10.0.0.0/64". Write, for example, --trust-proxy loopback,10.0.0.0/8',
  ],
  [
    { env: { HOLDFAST_TRUST_HEADER: "via" } },
    'HOLDFAST_TRUST_HEADER must be "auto", "x-forwarded-for" or "forwarded", but is "via". Write, for example, HOLDFAST_TRUST_HEADER=x-forwarded-for',
  ],
  [
    { file: file({ prefix: "off" }) },
    'holdfast.config.ts: prefix must be true or false, but is "off". Write, for example, prefix: true',
  ],
  [
    { flags: { nodeArgs: '--title="my' } },
    '--node-args must be arguments for node, with every quote closed, but is "--title=\\"my". Write, for example, --node-args --max-old-space-size=512',
  ],
  [
    { env: { HOLDFAST_HOST_NUMBER: "1296" } },
    "HOLDFAST_HOST_NUMBER must be a whole number from 0 to 1295, but is 1296. Write, for example, HOLDFAST_HOST_NUMBER=1",
  ],
  [
    { flags: { hostNumber: "chat-1" } },
    '--host-number must be a whole number from 0 to 1295, but is "chat-1". Write, for example, --host-number 1',
  ],
  [
    { flags: { listen: "ports:0" } },
    '--listen must be "ports:" with the first port from 1 to 65535, or "pipes:" with a folder for Unix sockets, but is "ports:0". Write, for example, --listen ports:4000',
  ],
  [
    { flags: { listen: "ports:65530", workers: "70" } },
    "--listen ports:65530 has no room for 70 workers: the port of slot 69 would be 65599, and the last port is 65535. Write a first port of at most 65466, or at most 6 workers.",
  ],
  [
    { flags: { listen: "ports:4000", workers: "70000" } },
    '--workers must be a whole number from 1 to 1296, a share such as "50%", or "auto", but is 70000. Write, for example, --workers 4',
  ],
  [
    { env: { HOLDFAST_LISTEN: `pipes:${TOO_LONG}` } },
    `HOLDFAST_LISTEN pipes:${TOO_LONG} names a folder of 94 bytes, ${TOO_LONG}, too long for Unix sockets. Write one of at most 93 bytes.`,
  ],
])("a wrong value gets one sentence: %j", (sources, sentence) => {
  expect(refusal(sources)).toMatchObject({ code: "ERR_SETTING", message: sentence });
});

test("the PROXY protocol without a proxy that is trusted is refused", () => {
  const where = {
    "--proxy-protocol": { flags: { proxyProtocol: true }, file: file({ trustProxy: 0 }) },
    HOLDFAST_PROXY_PROTOCOL: { env: { HOLDFAST_PROXY_PROTOCOL: "1" } },
  };
  for (const [name, sources] of Object.entries(where)) {
    expect(refusal(sources)).toMatchObject({
      code: "ERR_USAGE",
      message: `${name} believes the proxies that are trusted, and none is. Name them, for example with --trust-proxy 10.0.0.0/8 (HOLDFAST_TRUST_PROXY, trustProxy), or leave it out.`,
    });
  }
});

test("a key that does not exist is refused, and the one that was meant is named", () => {
  expect(refusal({ file: file({ wokers: 2 }) })).toMatchObject({
    code: "ERR_UNKNOWN_SETTING",
    message: 'holdfast.config.ts: there is no setting "wokers". Did you mean "workers"?',
  });
  expect(refusal({ file: file({ colour: "red" }) }).message).toMatch(
    /^holdfast\.config\.ts: .*"colour"\. Known are name, workers, /,
  );
});
