/** Profile: `node bench/profile.mjs --help`; lets Node read the TypeScript behind it. */

import { register } from "tsx/esm/api";

register();
await import("./profile/main.ts");
