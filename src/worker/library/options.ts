/** Worker: what an app tells the library form. */

import type { LibraryNetworkOptions } from "./network-settings.js";

export type HoldfastOptions = LibraryNetworkOptions & {
  /** Processes of one name on one host are one fleet. Default: `HOLDFAST_NAME`, else PM2's name of the app, else the name in its package.json. */
  readonly name?: string;
  /** Slot to try first, 0..1295. Default: `HOLDFAST_SLOT`, else `NODE_APP_INSTANCE`. One that another process has is skipped, with a warning. */
  readonly slot?: number;
  /** Number of this host, 0..1295, where several stand behind one proxy; sids begin with it. Default: `HOLDFAST_HOST_NUMBER`, else 0. */
  readonly hostNumber?: number;
};

export type DrainRequest = {
  /** Milliseconds until all must be closed. Default 8000; under PM2 its `kill_timeout` less 200. */
  readonly within?: number;
};
