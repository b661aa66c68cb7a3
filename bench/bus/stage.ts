/** Bus benchmark: everything that a workload needs to be measured. Types only. */

import type { Servers } from "../servers/variant.js";
import type { BusClient } from "./load/bus-client.js";
import type { BusTurn } from "./plan.js";
import type { BusSettings } from "./results.js";

export type Stage = {
  readonly turn: BusTurn;
  readonly settings: BusSettings;
  readonly servers: Servers;
  /** Its sessions are placed. */
  readonly client: BusClient;
  /** Where the fleet keeps its sockets. */
  readonly directory: string;
};
