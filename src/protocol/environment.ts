/** Protocol: environment variables by which the primary tells a worker who it is. */

import type { PolicyName } from "../config/policy-names.js";
import type { SlotSockets } from "../config/slot-sockets.js";
import type { TrustHeader, TrustProxy } from "../config/trust-proxy.js";

/** Everything that a worker must know before the app is loaded; travels as JSON in `HOLDFAST_WORKER_SETTINGS`. */
export type WorkerSettings = {
  readonly fleet: string;
  readonly directory: string;
  readonly host: number;
  readonly slot: number;
  readonly generation: number;
  readonly workers: number;
  /** The worker is this process's child and nobody else's: programs that the app starts inherit the environment. */
  readonly primaryPid: number;
  readonly policy: PolicyName;
  /** Which hops are believed in what they say of the client, and by which header. */
  readonly trustProxy: TrustProxy;
  readonly trustHeader: TrustHeader;
  /** Connections from trusted peers begin with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
  /** `--port` and `--host`: where the app's first listener goes, whatever it asks for. */
  readonly port?: number;
  readonly listenHost?: string;
  /** `--listen`: the app's first listener goes to a socket of this slot's own. */
  readonly slotSockets?: SlotSockets;
  /** Ready at the first `listening`, or only when the app says `process.send("ready")`. */
  readonly readyOn: "listening" | "message";
  /** An older worker of this slot gives its sessions to this one: until `take-over`, no connection is accepted. */
  readonly takesOver: boolean;
  /** The primary is to be asked which adapter carries broadcasts: its URL may hold a password, which is none of an environment's. */
  readonly adapter?: boolean;
};

export const WORKER_SETTINGS = "HOLDFAST_WORKER_SETTINGS";

/** @returns the settings, if this very process is a worker */
export function readWorkerSettings(env: NodeJS.ProcessEnv, parentPid: number): WorkerSettings | undefined {
  const text = env[WORKER_SETTINGS];
  if (text === undefined) return undefined;
  const settings = JSON.parse(text) as WorkerSettings;
  return settings.primaryPid === parentPid ? settings : undefined;
}

/** Whether this process was started by a primary that has ended since. */
export function primaryIsDead(env: NodeJS.ProcessEnv): boolean {
  const text = env[WORKER_SETTINGS];
  if (text === undefined) return false;
  try {
    process.kill((JSON.parse(text) as WorkerSettings).primaryPid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
