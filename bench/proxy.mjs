/** Benchmark of what stands in front: `node bench/proxy.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./proxy/main.ts");
