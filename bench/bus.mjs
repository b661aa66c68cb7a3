/** Benchmark of the bus: `node bench/bus.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./bus/main.ts");
