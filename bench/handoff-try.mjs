/** Handoff benchmark, by hand: `node bench/handoff-try.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./handoff/try.ts");
