/** Site benchmark: `node bench/site.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./site/main.ts");
