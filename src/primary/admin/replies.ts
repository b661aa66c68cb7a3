/** Primary, pure: what the admin endpoint answers to which request. Nothing in it is a secret, or about a single client. */

import { METRICS } from "../../metrics/catalogue.js";
import { EXPOSITION_TYPE, exposition } from "../../metrics/exposition.js";
import type { FleetStatus, SiteStatus } from "../../protocol/status.js";
import type { Health, Verdict } from "./health.js";

export type Reply = {
  readonly code: number;
  readonly type: "text/plain" | "application/json" | typeof EXPOSITION_TYPE;
  readonly body: string;
  /** With 405: what may be asked. */
  readonly allow?: string;
};

export type HealthSource = { health(): Health; status(): FleetStatus };

const PATHS: Readonly<Record<string, (source: HealthSource) => Reply>> = {
  "/livez": (source) => verdictReply(source.health().live),
  "/readyz": (source) => verdictReply(source.health().ready),
  "/startupz": (source) => verdictReply(source.health().started),
  "/healthz": healthReply,
  "/metrics": (source) => ({ code: 200, type: EXPOSITION_TYPE, body: exposition(METRICS, source.status()) }),
};

const ALLOWED = ["GET", "HEAD"];

/** @param target as in the request line; what stands behind a `?` is ignored, as probes add it at will */
export function replyTo(method: string, target: string, source: HealthSource): Reply {
  const path = target.split("?", 1)[0] ?? "";
  const answer = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (answer === undefined) return text(404, `There is ${Object.keys(PATHS).join(", ")}.`);
  if (!ALLOWED.includes(method)) return { ...text(405, "Ask with GET or HEAD."), allow: ALLOWED.join(", ") };
  return answer(source);
}

function verdictReply({ ok, why }: Verdict): Reply {
  return text(ok ? 200 : 503, `${ok ? "ok" : "no"}: ${why}`);
}

function text(code: number, line: string): Reply {
  return { code, type: "text/plain", body: `${line}\n` };
}

/** The code is that of /readyz. */
function healthReply(source: HealthSource): Reply {
  const { live, ready, started } = source.health();
  const { schemaVersion, name, version, state, uptime, drainIn, sessions, workers, site } = source.status();
  const body = {
    ...{ schemaVersion, name, version, state, uptime, drainIn, sessions },
    ...{ live: live.ok, ready: ready.ok, started: started.ok, why: ready.why },
    site: siteReply(site),
    workers: workers.map(({ slot, state, generation, uptime, restarts, snapshot }) => {
      return { slot, state, generation, uptime, restarts, sessions: snapshot?.sessions ?? 0 };
    }),
  };
  return { code: ready.ok ? 200 : 503, type: "application/json", body: `${JSON.stringify(body)}\n` };
}

/** Says how the site is, and decides nothing: a fleet serves without Redis. Where the other hosts are is nobody's business here. */
function siteReply(site: SiteStatus | null): object | null {
  if (site === null) return null;
  const { host, redis, why, since, hosts, queuedBytes, dropped, gaps } = site;
  return { host, redis, why, since, hosts: hosts.length, queuedBytes, dropped, gaps };
}
