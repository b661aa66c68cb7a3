/** Report: puts the figures of bench/results into docs/benchmarks.md and draws the plots. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fleetPlot } from "../bus/report/fleet-plot.js";
import { busMarkdown } from "../bus/report/markdown.js";
import { stallPlot } from "../bus/report/stall-plot.js";
import { summarizeBus } from "../bus/report/summary.js";
import type { BusResults } from "../bus/results.js";
import { handoffMarkdown } from "../handoff/report/markdown.js";
import type { HandoffResults } from "../handoff/results.js";
import type { RunResults } from "../measure/results.js";
import { proxyMarkdown } from "../proxy/report/markdown.js";
import { summarizeProxy } from "../proxy/report/summary.js";
import type { ProxyResults } from "../proxy/results.js";
import { scaleMarkdown } from "../scale/report/markdown.js";
import type { ScaleResults } from "../scale/results.js";
import { BENCH } from "../servers/plain.js";
import { siteMarkdown } from "../site/report/markdown.js";
import type { SiteResults } from "../site/results.js";
import { soakMarkdown } from "../site-soak/report.js";
import type { SoakResults } from "../site-soak/results.js";
import { markdownReport, replaceSection } from "./markdown.js";
import { plot } from "./plot.js";
import { summarize } from "./summary.js";

const RESULTS = join(BENCH, "results");
const DOCS = join(BENCH, "..", "docs");
const PAGE = join(DOCS, "benchmarks.md");
const BUS = "bus.json";
const PROXY = "proxy.json";
const HANDOFF = "handoff.json";
const SCALE = "scale.json";
const SITE = "site.json";
const SOAK = "site-soak.json";
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
    writeReport(readResults(file) as RunResults);
  }
  if (existsSync(join(RESULTS, BUS))) writeBusReport(readResults(BUS) as BusResults);
  if (existsSync(join(RESULTS, PROXY))) {
    writeSection("proxy", proxyMarkdown(summarizeProxy(readResults(PROXY) as ProxyResults)));
  }
  if (existsSync(join(RESULTS, HANDOFF))) {
    writeSection("handoff", handoffMarkdown(readResults(HANDOFF) as HandoffResults));
  }
  if (existsSync(join(RESULTS, SITE))) {
    writeSection("site", siteMarkdown(readResults(SITE) as SiteResults));
  }
  if (existsSync(join(RESULTS, SOAK))) {
    writeSection("site-soak", soakMarkdown(readResults(SOAK) as SoakResults));
  }
  if (existsSync(join(RESULTS, SCALE))) {
    writeSection("scale", scaleMarkdown(readResults(SCALE) as ScaleResults));
  }
}

function writeReport(results: RunResults): void {
  const summary = summarize(results);
  const { workers } = results.settings;
  writeSection(`${workers}-workers`, markdownReport(summary));
  writeImage(workers === USUAL_WORKERS ? "benchmark.svg" : `benchmark-${workers}.svg`, plot(summary));
}

function writeBusReport(results: BusResults): void {
  const summary = summarizeBus(results);
  writeSection("bus", busMarkdown(summary));
  writeImage("bus-fleet.svg", fleetPlot(summary));
  const stall = stallPlot(summary);
  if (stall !== undefined) writeImage("bus-stall.svg", stall);
}

function readResults(file: string): unknown {
  return JSON.parse(readFileSync(join(RESULTS, file), "utf8"));
}

function writeSection(name: string, text: string): void {
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, "utf8"), `bench ${name}`, text));
}

function writeImage(name: string, text: string): void {
  writeFileSync(join(DOCS, "images", name), text);
}
