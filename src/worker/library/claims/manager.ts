/** Worker without a primary: what its process manager says about it. Pure. */

/** What PM2 puts into the environment of the processes that it starts. Proven on PM2 7.0. */
export type Pm2 = {
  readonly name: string;
  /** Number of the instance within its app, where there is one. */
  readonly instance: string | undefined;
  /** Milliseconds between SIGINT and SIGKILL. */
  readonly killTimeout: number;
  /** Stays the same when PM2 replaces this process while it still runs; empty where PM2 never does so. */
  readonly managed: string;
};

/** PM2's own default. Milliseconds. */
const KILL_TIMEOUT = 1600;

/**
 * @param self this process: `clusterWorker` whether it was forked by node:cluster, as PM2 does in cluster mode only. What the
 * app itself starts inherits the environment, but has another parent
 * @returns undefined where PM2 did not start this process, or what started it
 */
export function pm2Of(
  env: NodeJS.ProcessEnv,
  self: { readonly parentPid: number; readonly clusterWorker: boolean },
): Pm2 | undefined {
  const { name, pm_id: id, namespace } = env;
  if (!name || id === undefined || !/^\d+$/.test(id)) return undefined;
  const replaceable = env.exec_mode === "cluster_mode" && self.clusterWorker;
  const killTimeout = Number(env.kill_timeout);
  return {
    // Names are those of PM2's list; a namespace parts apps of one name.
    name: namespace && namespace !== "default" ? `${namespace}.${name}` : name,
    instance: env[env.instance_var || "NODE_APP_INSTANCE"],
    killTimeout: killTimeout > 0 ? killTimeout : KILL_TIMEOUT,
    managed: replaceable ? `pm2 ${self.parentPid} ${id}` : "",
  };
}
