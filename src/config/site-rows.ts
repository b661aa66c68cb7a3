/**
 * Config: the settings of a site of several hosts, and of an adapter of Socket.IO's own; part of the table in setting-table.ts. Data
 * only.
 */

import type { Setting } from "./setting.js";

export const SITE_ROWS: readonly Setting[] = [
  {
    key: "redis",
    group: "Site",
    flag: "--redis <url>",
    env: ["HOLDFAST_REDIS", "HOLDFAST_REDIS_URL"],
    kind: "redis-url",
    default: undefined,
    defaultText: "none: this host stands alone",
    meaning:
      "The Redis or Valkey (6.2 or later) that joins this host's fleet with those of other hosts: `redis://10.0.0.5:6379`, `rediss://` with TLS, `redis+cluster://` with some servers of a cluster, `redis+sentinel://` with the sentinels, separated by commas. A password is best put into the variable, which `ps` does not show.",
  },
  {
    key: "redisPrefix",
    group: "Site",
    flag: "--redis-prefix <prefix>",
    env: ["HOLDFAST_REDIS_PREFIX"],
    kind: "redis-prefix",
    default: "holdfast",
    meaning:
      "Begins every key and channel. Hosts with the same prefix are one site; another app on the same Redis needs another prefix.",
  },
  {
    key: "redisCa",
    group: "Site",
    flag: "--redis-ca <file>",
    env: ["HOLDFAST_REDIS_CA"],
    kind: "file",
    default: undefined,
    defaultText: "the authorities that Node knows",
    meaning: "Certificates (PEM) of the authority that Redis' own certificate is checked against.",
  },
  {
    key: "redisCert",
    group: "Site",
    flag: "--redis-cert <file>",
    env: ["HOLDFAST_REDIS_CERT"],
    kind: "file",
    default: undefined,
    defaultText: "none",
    meaning: "Certificate (PEM) that this host shows to Redis; needs `--redis-key`.",
  },
  {
    key: "redisKey",
    group: "Site",
    flag: "--redis-key <file>",
    env: ["HOLDFAST_REDIS_KEY"],
    kind: "file",
    default: undefined,
    defaultText: "none",
    meaning: "Private key (PEM) of that certificate.",
  },
  {
    key: "redisWait",
    group: "Site",
    flag: "--redis-wait <time>",
    env: ["HOLDFAST_REDIS_WAIT"],
    kind: "duration",
    default: undefined,
    defaultText: "for ever",
    meaning:
      "How long a start waits for a Redis that does not answer before it ends with exit code 1. A fleet that has started serves on without Redis, however long.",
  },
  {
    key: "siteListen",
    group: "Site",
    flag: "--site-listen <address>",
    env: ["HOLDFAST_SITE_LISTEN"],
    kind: "site-listen",
    default: undefined,
    defaultText: "all addresses, any free port",
    meaning:
      "Where the other hosts bring requests of sessions that are here: an address and a port such as `10.0.0.7:7600`, a port alone, or an address alone.",
  },
  {
    key: "advertise",
    group: "Site",
    flag: "--advertise <address>",
    env: ["HOLDFAST_ADVERTISE"],
    kind: "advertise",
    default: undefined,
    defaultText: "the address of `--site-listen`, else the first of this machine that is not loopback",
    meaning:
      "What the other hosts dial: an address or a name, with a port where it is another one than this host listens on.",
  },
  {
    key: "siteSecret",
    group: "Site",
    flag: "--site-secret <secret>",
    env: ["HOLDFAST_SITE_SECRET"],
    kind: "secret",
    default: undefined,
    defaultText: "one that the site's first host makes, and Redis keeps",
    meaning:
      "What the hosts of a site prove to each other that they know, 16 characters or more, the same on all. Write it into the variable or the configuration file: `ps` shows a flag.",
  },
  {
    key: "siteCert",
    group: "Site",
    flag: "--site-cert <file>",
    env: ["HOLDFAST_SITE_CERT"],
    kind: "file",
    default: undefined,
    defaultText: "no TLS between hosts",
    meaning:
      "Certificate (PEM) that this host shows to the others; needs `--site-key` and `--site-ca`, and so on all hosts.",
  },
  {
    key: "siteKey",
    group: "Site",
    flag: "--site-key <file>",
    env: ["HOLDFAST_SITE_KEY"],
    kind: "file",
    default: undefined,
    defaultText: "no TLS between hosts",
    meaning: "Private key (PEM) of that certificate.",
  },
  {
    key: "siteCa",
    group: "Site",
    flag: "--site-ca <file>",
    env: ["HOLDFAST_SITE_CA"],
    kind: "file",
    default: undefined,
    defaultText: "no TLS between hosts",
    meaning: "Certificates (PEM) of the authority that has signed those of all hosts.",
  },
  {
    key: "lease",
    group: "Site",
    flag: "--lease <time>",
    env: ["HOLDFAST_LEASE"],
    kind: "lease",
    default: "5s",
    meaning: "A host that has told Redis nothing for so long is gone for the others; at least 1 s.",
  },
  {
    key: "adapter",
    group: "Site",
    flag: "--adapter <name>",
    env: ["HOLDFAST_ADAPTER"],
    kind: "adapter",
    default: "holdfast",
    meaning:
      "What carries broadcasts: `holdfast`, or an adapter of Socket.IO's own, which the app has installed, with its client library: `redis`, `redis-sharded`, `redis-streams`, `postgres` or `mongo`.",
  },
  {
    key: "adapterUrl",
    group: "Site",
    flag: "--adapter-url <url>",
    env: ["HOLDFAST_ADAPTER_URL"],
    kind: "adapter-url",
    default: undefined,
    defaultText: "that of `--redis`",
    meaning: "The server that such an adapter connects to.",
  },
];
