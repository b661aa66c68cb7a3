/** Soak of a site: `node bench/site-soak.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./site-soak/main.ts");
