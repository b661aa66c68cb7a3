/** Paper scale: `node bench/scale.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./scale/main.ts");
