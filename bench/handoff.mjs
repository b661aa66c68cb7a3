/** Handoff benchmark: `node bench/handoff.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./handoff/main.ts");
