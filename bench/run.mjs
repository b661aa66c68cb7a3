/** Benchmark: `node bench/run.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./main.ts");
