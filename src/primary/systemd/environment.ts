/**
 * Primary: what systemd says in the environment: sockets that it passes, where it wants to be told how things go, and how often.
 * Taken once and removed, so that no worker believes that it is meant (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)).
 */

import { UsageError } from "../../base/errors.js";

export type SystemdEnvironment = {
  /** Names of the descriptors 3, 4 and so on; undefined: none was passed to this process. */
  readonly names: readonly string[] | undefined;
  /** Path, or `@` and a name, of the socket that takes notifications. */
  readonly notifySocket: string | undefined;
  /** A sign of life is due within so long. Milliseconds. */
  readonly watchdog: number | undefined;
  /** systemd takes another process, such as `npm`, for the main one of the service. */
  readonly isWrapped: boolean;
};

/** Meant for one process alone. */
export const SYSTEMD_VARIABLES = [
  "LISTEN_PID",
  "LISTEN_FDS",
  "LISTEN_FDNAMES",
  // Since systemd 257: the same process, said in a way that outlives its number.
  "LISTEN_PIDFDID",
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
] as const;

/** More sockets than a fleet has slots, and something else besides: nobody has so many. */
const MOST_SOCKETS = 4096;

/** Reads the variables and removes them from `env`. @throws {UsageError} ERR_LISTEN_FDS for sockets that cannot be counted */
export function takeSystemdEnvironment(env: NodeJS.ProcessEnv, pid: number): SystemdEnvironment {
  const given = { ...env };
  for (const name of SYSTEMD_VARIABLES) delete env[name];
  const { SYSTEMD_EXEC_PID } = given;
  return {
    names: passedNames(given, pid),
    notifySocket: given.NOTIFY_SOCKET || undefined,
    watchdog: watchdogOf(given, pid),
    isWrapped: SYSTEMD_EXEC_PID !== undefined && SYSTEMD_EXEC_PID !== String(pid),
  };
}

/** Sockets that were passed to another process, and are named to this one by inheritance only, are none of ours. */
function passedNames(env: NodeJS.ProcessEnv, pid: number): string[] | undefined {
  if (env.LISTEN_PID !== String(pid) || !env.LISTEN_FDS) return undefined;
  const count = Number(env.LISTEN_FDS);
  if (!/^\d+$/.test(env.LISTEN_FDS) || count > MOST_SOCKETS) {
    throw refusal(
      `LISTEN_FDS is "${env.LISTEN_FDS}", which is no number of sockets. systemd sets it: leave it alone`,
    );
  }
  const names = env.LISTEN_FDNAMES === undefined ? undefined : env.LISTEN_FDNAMES.split(":");
  if (names !== undefined && names.length !== count) {
    throw refusal(
      `LISTEN_FDNAMES has ${names.length} names, but LISTEN_FDS says ${count} sockets. systemd sets both: leave them alone`,
    );
  }
  if (count === 0) return undefined;
  return names ?? Array.from({ length: count }, () => "unknown");
}

/** A watchdog that is meant for another process, such as the `npm` in between, is none of ours. */
function watchdogOf(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  if (env.WATCHDOG_PID !== undefined && env.WATCHDOG_PID !== String(pid)) return undefined;
  const microseconds = Number(env.WATCHDOG_USEC);
  return microseconds > 0 && Number.isFinite(microseconds) ? microseconds / 1000 : undefined;
}

function refusal(sentence: string): UsageError {
  return new UsageError("ERR_LISTEN_FDS", `${sentence}.`);
}
