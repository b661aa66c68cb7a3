/** Report: puts the figures of bench/results into docs/benchmarks.md and draws the plots. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RunResults } from "../measure/results.js";
import { BENCH } from "../servers/plain.js";
import { markdownReport, replaceSection } from "./markdown.js";
import { plot } from "./plot.js";
import { summarize } from "./summary.js";

const RESULTS = join(BENCH, "results");
const DOCS = join(BENCH, "..", "docs");
const PAGE = join(DOCS, "benchmarks.md");
/** The plot of this many workers is the one that others show, so its name has no number. */
const USUAL_WORKERS = 2;

/** Writes the raw figures; those that the documentation shows are put into it at once. */
export function saveResults(results: unknown, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
  if (dirname(file) === RESULTS) writeReports();
}

/** Reads every file of results; a run that the page has no markers for only gets its plot. */
export function writeReports(): void {
  mkdirSync(join(DOCS, "images"), { recursive: true });
  for (const file of readdirSync(RESULTS).filter((name) => /^\d+-workers\.json$/.test(name))) {
    writeReport(JSON.parse(readFileSync(join(RESULTS, file), "utf8")) as RunResults);
  }
}

function writeReport(results: RunResults): void {
  const summary = summarize(results);
  const { workers } = results.settings;
  const page = readFileSync(PAGE, "utf8");
  writeFileSync(PAGE, replaceSection(page, `bench ${workers}-workers`, markdownReport(summary)));
  const name = workers === USUAL_WORKERS ? "benchmark.svg" : `benchmark-${workers}.svg`;
  writeFileSync(join(DOCS, "images", name), plot(summary));
}
