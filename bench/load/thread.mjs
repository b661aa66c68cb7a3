/** Load client: entry of a worker thread; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./thread.ts");
