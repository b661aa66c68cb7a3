/** Benchmark: `node bench/report.mjs` writes tables and plots of bench/results again, without measuring. */

import { register } from "tsx/esm/api";

register();
const { writeReports } = await import("./report/write.ts");
writeReports();
