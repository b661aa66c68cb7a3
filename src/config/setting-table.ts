/**
 * Config: the one table of settings: flags, environment, defaults and meaning. Help, checks and docs/config.md are made from it.
 * Data only, so that `holdfast --version` stays quick.
 */

import type { Setting } from "./setting.js";
import { SITE_ROWS } from "./site-rows.js";

export const SETTINGS: readonly Setting[] = [
  {
    key: "name",
    group: "Fleet",
    flag: "--name <name>",
    env: ["HOLDFAST_NAME"],
    kind: "text",
    default: undefined,
    defaultText: "`name` in the app's package.json, else the entry's file name",
    meaning: "Name of the fleet: `holdfast status` and the others find it by this name.",
  },
  {
    key: "workers",
    group: "Fleet",
    flag: "-w, --workers <n>",
    env: ["HOLDFAST_WORKERS", "WEB_CONCURRENCY"],
    kind: "workers",
    default: "auto",
    meaning:
      "How many workers: a number, a share of the processors such as `50%`, or `auto`, one for each processor that this process may use (a container's CPU quota counts).",
  },
  {
    key: "nodeArgs",
    group: "Fleet",
    flag: "--node-args <args>",
    env: ["HOLDFAST_NODE_ARGS"],
    kind: "node-args",
    default: [],
    meaning: "Arguments for node in every worker, such as `--max-old-space-size=512`.",
  },
  {
    key: "waitReady",
    group: "Fleet",
    flag: "--wait-ready",
    env: ["HOLDFAST_WAIT_READY"],
    kind: "boolean",
    default: false,
    meaning: 'A worker is ready when the app says `process.send("ready")`, not already when it listens.',
  },
  {
    key: "port",
    group: "Network",
    flag: "-p, --port <port>",
    env: ["HOLDFAST_PORT"],
    kind: "port",
    default: undefined,
    defaultText: "what the app asks for",
    meaning: "Port of the app's first listener, whatever the app asks for; the app also finds it in `PORT`.",
  },
  {
    key: "host",
    group: "Network",
    flag: "--host <address>",
    env: ["HOLDFAST_HOST"],
    kind: "text",
    default: undefined,
    defaultText: "what the app asks for",
    meaning: "Address of the app's first listener, such as `127.0.0.1`; the app also finds it in `HOST`.",
  },
  {
    key: "listen",
    group: "Network",
    flag: "--listen <sockets>",
    env: ["HOLDFAST_LISTEN"],
    kind: "slot-sockets",
    default: undefined,
    defaultText: "all workers share one socket",
    meaning:
      "A socket for each worker, for the app's first listener: `ports:4000` gives slot 0 the port 4000, slot 1 the port 4001 and so on (the app finds it in `PORT`), `pipes:/run/chat` gives them the Unix sockets `/run/chat/0.sock` and so on.",
  },
  {
    key: "admin",
    group: "Network",
    flag: "--admin <address>",
    env: ["HOLDFAST_ADMIN"],
    kind: "admin-address",
    default: undefined,
    defaultText: "nowhere",
    meaning:
      "Where the primary answers `/livez`, `/readyz`, `/startupz`, `/healthz` and `/metrics`: a port of 127.0.0.1, such as `9464`, or an address and a port, such as `0.0.0.0:9464` or `[::]:9464`.",
  },
  {
    key: "policy",
    group: "Network",
    flag: "--policy <policy>",
    env: ["HOLDFAST_POLICY"],
    kind: "policy",
    default: "least-sessions",
    meaning:
      "Which worker gets a new session: `least-sessions`, `round-robin`, `ip-hash` (by the client's address) or `cookie`.",
  },
  {
    key: "trustProxy",
    group: "Network",
    flag: "--trust-proxy <proxies>",
    env: ["HOLDFAST_TRUST_PROXY"],
    kind: "trust-list",
    default: [],
    defaultText: "none",
    meaning:
      "Proxies that are believed in what they say of the client's address: addresses, networks such as `10.0.0.0/8`, `loopback`, `linklocal`, `uniquelocal`, `unix` (those on a Unix socket); or how many hops, such as `1`; or `true`, every one.",
  },
  {
    key: "trustHeader",
    group: "Network",
    flag: "--trust-header <header>",
    env: ["HOLDFAST_TRUST_HEADER"],
    kind: "trust-header",
    default: "auto",
    meaning:
      "The header that those proxies write: `x-forwarded-for`, `forwarded`, or `auto`: `X-Forwarded-For`, and `Forwarded` where a request has none.",
  },
  {
    key: "proxyProtocol",
    group: "Network",
    flag: "--proxy-protocol",
    env: ["HOLDFAST_PROXY_PROTOCOL"],
    kind: "boolean",
    default: false,
    meaning:
      "Connections from trusted proxies begin with a header of the PROXY protocol, version 1 or 2; needs `--trust-proxy`.",
  },
  {
    key: "hostNumber",
    group: "Network",
    flag: "--host-number <n>",
    env: ["HOLDFAST_HOST_NUMBER"],
    kind: "host-number",
    default: undefined,
    defaultText: "`0`; with `--redis`, one that no other host of the site has",
    meaning:
      "Number of this host, 0 to 1295, where several stand behind one proxy: session ids begin with it, so that the proxy finds the host. Each host needs its own.",
  },
  ...SITE_ROWS,
  {
    key: "log",
    group: "Output",
    flag: "--log <format>",
    env: ["HOLDFAST_LOG"],
    kind: "log",
    default: "pretty",
    meaning:
      "Form of Holdfast's own lines: `pretty` for people, `json` for programs. The app's output is never changed.",
  },
  {
    key: "prefix",
    group: "Output",
    flag: "--no-prefix",
    env: ["HOLDFAST_PREFIX"],
    kind: "boolean",
    default: true,
    meaning: "The slot stands before each line that the app prints; `--no-prefix` leaves it out.",
  },
  {
    key: "bootTimeout",
    group: "Times and limits",
    flag: "--boot-timeout <time>",
    env: ["HOLDFAST_BOOT_TIMEOUT"],
    kind: "duration",
    default: "30s",
    meaning: "A worker that is not ready by then is killed and counts as failed.",
  },
  {
    key: "drainTimeout",
    group: "Times and limits",
    flag: "--drain-timeout <time>",
    env: ["HOLDFAST_DRAIN_TIMEOUT"],
    kind: "duration",
    default: "25s",
    meaning: "How long a worker may take to finish its requests and close its sessions before it is killed.",
  },
  {
    key: "handoffTimeout",
    group: "Times and limits",
    flag: "--handoff-timeout <time>",
    env: ["HOLDFAST_HANDOFF_TIMEOUT"],
    kind: "duration",
    default: "30s",
    meaning:
      "How long a worker that is replaced or no longer wanted may take to move its sessions to others; what has not moved by then is told to reconnect. `0`: all are.",
  },
  {
    key: "parallel",
    group: "Times and limits",
    flag: "--parallel <n>",
    env: ["HOLDFAST_PARALLEL"],
    kind: "count",
    default: 1,
    meaning:
      "How many workers a reload replaces at a time; `holdfast reload --parallel` says it for one reload.",
  },
  {
    key: "shutdownDelay",
    group: "Times and limits",
    flag: "--shutdown-delay <time>",
    env: ["HOLDFAST_SHUTDOWN_DELAY"],
    kind: "duration",
    default: "0",
    meaning:
      "How long the fleet goes on serving, new connections included, after it was told to stop, with `/readyz` at 503 already, so that balancers take it out; then it drains.",
  },
  {
    key: "restartDelay",
    group: "Times and limits",
    flag: "--restart-delay <time>",
    env: ["HOLDFAST_RESTART_DELAY"],
    kind: "duration",
    default: "100ms",
    meaning: "Pause before a worker that died is started again; it doubles with each failure in a row.",
  },
  {
    key: "restartDelayMax",
    group: "Times and limits",
    flag: "--restart-delay-max <time>",
    env: ["HOLDFAST_RESTART_DELAY_MAX"],
    kind: "duration",
    default: "15s",
    meaning: "Longest such pause.",
  },
  {
    key: "minUptime",
    group: "Times and limits",
    flag: "--min-uptime <time>",
    env: ["HOLDFAST_MIN_UPTIME"],
    kind: "duration",
    default: "10s",
    meaning: "A worker that was ready for so long is healthy: its earlier failures are forgotten.",
  },
  {
    key: "maxFailures",
    group: "Times and limits",
    flag: "--max-failures <n>",
    env: ["HOLDFAST_MAX_FAILURES"],
    kind: "count",
    default: 8,
    meaning: "Failed starts in a row, with no worker ready, after which the fleet gives up (exit code 3).",
  },
];

/** `--workers` of `-w, --workers <n>`. */
export function longFlag(setting: Setting): string {
  return /--[a-z-]+/.exec(setting.flag)?.[0] ?? setting.flag;
}
