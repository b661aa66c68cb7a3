/** Config: every setting of a fleet, after flags, environment, file and defaults were merged. Types only. */

import type { AdapterSettings } from "./adapters.js";
import type { AdminAddress } from "./admin-address.js";
import type { PolicyName } from "./policy-names.js";
import type { SiteSettings } from "./site-settings.js";
import type { SlotSockets } from "./slot-sockets.js";
import type { TrustHeader, TrustProxy } from "./trust-proxy.js";

export type FleetSettings = {
  /** Absolute path of the app. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly name: string;
  readonly workers: number;
  /** `--port`: where the app's first listener goes; undefined leaves it to the app. */
  readonly port: number | undefined;
  readonly host: string | undefined;
  /** `--listen`: a socket for each slot; undefined: all share one. A folder is absolute. */
  readonly listen: SlotSockets | undefined;
  /** `--admin`: where health is answered; undefined: nowhere. */
  readonly admin: AdminAddress | undefined;
  readonly policy: PolicyName;
  readonly trustProxy: TrustProxy;
  readonly trustHeader: TrustHeader;
  /** Connections from trusted peers begin with a header of the PROXY protocol. */
  readonly proxyProtocol: boolean;
  /** Which host sids name, 0..1295. In a site: the wanted one; which it is, its bridge says. */
  readonly hostNumber: number;
  /** `--redis` and what belongs to it; undefined: this host stands alone. */
  readonly site: SiteSettings | undefined;
  /** An adapter of Socket.IO's own carries broadcasts; undefined: Holdfast's. */
  readonly adapter: AdapterSettings | undefined;
  readonly log: "pretty" | "json";
  /** Put `slot | ` before each line that the app prints. */
  readonly prefix: boolean;
  readonly readyOn: "listening" | "message";
  /** A worker that is not ready by then is killed and counts as failed. Milliseconds. */
  readonly bootTimeout: number;
  /** From the order to drain to SIGKILL. Milliseconds. */
  readonly drainTimeout: number;
  /** From the order to hand sessions over to the end of that; 0: none are handed over. Milliseconds. */
  readonly handoffTimeout: number;
  /** Slots that a reload replaces at a time. */
  readonly parallel: number;
  /** From the order to stop to the drain; meanwhile the fleet serves on. Milliseconds. */
  readonly shutdownDelay: number;
  /** First pause before a dead worker is started again; doubles up to the maximum. Milliseconds. */
  readonly restartDelay: number;
  readonly restartDelayMax: number;
  /** Failed starts in a row, over the whole fleet and with no worker ready, after which the primary gives up. */
  readonly maxFailures: number;
  /** A worker that was ready for so long is healthy: its failures are forgotten. Milliseconds. */
  readonly minUptime: number;
  /** Arguments for node itself, such as `--inspect`. */
  readonly nodeArgs: readonly string[];
};
