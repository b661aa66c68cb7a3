/** What settings of a site mean together, and the sentences where they mean nothing. */

import { writeFileSync } from "node:fs";
import { resolve as absolute, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { resolveSettings, type SettingSources } from "../../../src/config/resolve-settings.js";
import { checkSiteFiles } from "../../../src/config/site-files.js";
import { temporaryDirectory } from "../../helpers/temporary.js";

const REDIS = "redis://10.0.0.5:6379";
const resolve = (sources: Partial<SettingSources>) =>
  resolveSettings("/nowhere/app.js", [], { flags: {}, env: {}, cpus: 2, ...sources });
const flags = (written: Record<string, string>) => resolve({ flags: written });

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
});

function sentence(sources: Partial<SettingSources>): string {
  try {
    resolve(sources);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
  }
  throw new Error("the settings were not refused");
}

test("without --redis a fleet is part of no site", () => {
  expect(resolve({}).site).toBeUndefined();
});

test("--redis alone is a site with everything else found out", () => {
  const settings = resolve({ env: { HOLDFAST_REDIS_URL: REDIS } });
  expect(settings.site).toEqual({ redis: REDIS, redisPrefix: "holdfast", lease: 5000 });
  expect(settings.hostNumber).toBe(0);
});

test("everything that was written is in the site, files as absolute paths", () => {
  const written = {
    ...{ redis: REDIS, redisPrefix: "chat", redisWait: "30s", siteListen: "7600", advertise: "10.0.0.7" },
    ...{ siteSecret: "sixteen letters.", siteCert: "a.pem", siteKey: "b.pem", siteCa: "c.pem", lease: "2s" },
    hostNumber: "7",
  };
  expect(flags(written)).toMatchObject({
    hostNumber: 7,
    site: {
      ...{ redis: REDIS, redisPrefix: "chat", redisWait: 30_000, lease: 2000, hostNumber: 7 },
      siteListen: { host: "::", port: 7600 },
      advertise: { host: "10.0.0.7" },
      ...{ siteSecret: "sixteen letters.", siteCert: absolute("a.pem"), siteKey: absolute("b.pem") },
      siteCa: absolute("c.pem"),
    },
  });
});

test("an adapter of Socket.IO's own uses the server of --redis, with its files, or one of its own", () => {
  expect(flags({ redis: REDIS, redisCa: "ca.pem", adapter: "redis" }).adapter).toEqual({
    ...{ name: "redis", url: REDIS },
    tls: { ca: absolute("ca.pem") },
  });
  const adapterUrl = "postgres://db/chat";
  expect(flags({ adapter: "postgres", adapterUrl }).adapter).toEqual({ name: "postgres", url: adapterUrl });
  expect(flags({ redis: REDIS, adapter: "holdfast" }).adapter).toBeUndefined();
});

test.each<[Partial<SettingSources>, string]>([
  [
    { flags: { redis: "10.0.0.5" } },
    "--redis must be a URL that begins with redis://, rediss://, redis+cluster://, rediss+cluster://, redis+sentinel:// or rediss+sentinel:// and names a server, or redis+unix:// with the path of a socket, but is (not shown). Write, for example, --redis redis://10.0.0.5:6379",
  ],
  [
    { flags: { redis: REDIS, siteSecret: "hunter2" } },
    '--site-secret must be text of at least 16 characters, but is text of 7. Write, for example, --site-secret "$(openssl rand -hex 32)"',
  ],
  [
    { flags: { redis: REDIS, lease: "900" } },
    '--lease must be a time in milliseconds or with a unit, such as 500, "500ms", "30s" or "2m", and at least one second, but is 900. Write, for example, --lease 5s',
  ],
  [
    { flags: { siteListen: "7600" } },
    "--site-listen says nothing without --redis, which joins this host to others: add --redis redis://10.0.0.5:6379, or leave it out.",
  ],
  [
    { flags: { redis: REDIS, siteCert: "a.pem" } },
    "--site-cert needs --site-key: write --site-cert, --site-key and --site-ca together, or none of them.",
  ],
  [
    { env: { HOLDFAST_REDIS_URL: REDIS, HOLDFAST_REDIS_KEY: "a.pem" } },
    "HOLDFAST_REDIS_KEY needs --redis-cert: write --redis-cert and --redis-key together, or none of them.",
  ],
  [
    { flags: { adapter: "rabbit" } },
    '--adapter must be "holdfast", "redis", "redis-sharded", "redis-streams", "postgres" or "mongo", but is "rabbit". Write, for example, --adapter redis',
  ],
  [
    { flags: { adapter: "postgres" } },
    "--adapter postgres needs to know its server: add --adapter-url with a URL that begins with postgres:// or postgresql://.",
  ],
  [
    { flags: { adapter: "postgres" }, env: { HOLDFAST_REDIS_URL: "redis://:hunter2@10.0.0.5" } },
    "--adapter postgres connects to a URL that begins with postgres:// or postgresql://, but HOLDFAST_REDIS_URL is redis://10.0.0.5. Write such a one with --adapter-url, or let the app set the adapter itself.",
  ],
  [
    { flags: { adapterUrl: REDIS } },
    "--adapter-url says nothing without --adapter: add it, such as --adapter redis.",
  ],
])("%j gets one sentence", (sources, expected) => {
  expect(sentence(sources)).toBe(expected);
});

test.each<Record<string, string>>([
  { redis: "redis://:hunter2@10.0.0.5:99999" },
  { redis: "redis//:hunter2@10.0.0.5" },
  { redis: REDIS, adapter: "redis", adapterUrl: "redis:hunter2" },
])("a password never stands in the sentence: %j", (written) => {
  expect(sentence({ flags: written })).not.toContain("hunter2");
});

test("what the environment of a whole machine says of a site harms no fleet that stands alone", () => {
  const env = { HOLDFAST_SITE_SECRET: "sixteen letters.", HOLDFAST_ADAPTER_URL: REDIS, HOLDFAST_LEASE: "1s" };
  expect(resolve({ env })).toMatchObject({ site: undefined, adapter: undefined });
});

test("a file that is missing, or holds no certificate or key, is named", () => {
  const { path, remove } = temporaryDirectory();
  cleanUp.push(remove);
  const file = join(path, "ca.pem");
  const check = () => checkSiteFiles(flags({ redis: REDIS, redisCa: file }).site);
  expect(check).toThrow(
    `The file ${file} of --redis-ca does not exist. Write the path of a PEM file that this user may read.`,
  );
  writeFileSync(file, "nothing");
  expect(check).toThrow(`The file ${file} of --redis-ca is no PEM file.`);
  writeFileSync(file, "-----BEGIN CERTIFICATE-----\n");
  expect(check).not.toThrow();
});
