/** Paper scale, report: its section in docs/benchmarks.md, and the same for a terminal. Pure. */

import { rounded } from "../../report/format.js";
import { environmentText, markdownTable } from "../../report/markdown.js";
import type { Table } from "../../report/table.js";
import { terminalTable } from "../../report/terminal.js";
import type { UnitCosts } from "../figures.js";
import { SHOWN_WORKERS } from "../loads.js";
import type { ScaleRow } from "../model.js";
import type { ScaleResults } from "../results.js";

export function scaleMarkdown(results: ScaleResults): string {
  const tables = tablesOf(results).map(markdownTable);
  return [`${environmentText(results.environment)}.`, ...tables].join("\n\n");
}

export function scaleTerminal(results: ScaleResults): string {
  return `\n${tablesOf(results).map(terminalTable).join("\n")}\n`;
}

function tablesOf(results: ScaleResults): Table[] {
  const { rows, settings } = results;
  const shown = settings.workers.includes(SHOWN_WORKERS) ? SHOWN_WORKERS : settings.workers[0];
  const loads = settings.loads.map(({ name }) => loadTable(name, rows, shown ?? 0));
  return [costTable(results), ...loads, linkTable(results)];
}

const COST_NAMES: readonly (readonly [keyof UnitCosts, string])[] = [
  ["redisDirect", "Redis: a message to one host, µs"],
  ["redisPublish", "Redis: a message to all hosts, µs"],
  ["redisDelivery", "… and for each host that gets it, µs"],
  ["redisKilobyteIn", "Redis: for each kB that comes, µs"],
  ["redisKilobyteOut", "… that goes, µs"],
  ["redisBeat", "Redis: a beat, µs"],
  ["redisRecord", "… and for each host that it reads of, µs"],
  ["bridgeOut", "bridge: a message to Redis, µs"],
  ["bridgeIn", "bridge: a message from Redis, µs"],
  ["room", "a room, in each table that has it, bytes"],
];

const SOURCES: Readonly<Record<ScaleResults["bridgeFrom"], string>> = {
  client: "of the bridge its Redis client alone",
  "bench:site": "of the bridge as `npm run bench:site` has measured it",
  given: "of the bridge as given",
};

function costTable({ costs, bridgeFrom }: ScaleResults): Table {
  return {
    title: `What one of each costs, measured; ${SOURCES[bridgeFrom]}`,
    head: ["what", "cost"],
    rows: COST_NAMES.map(([name, words]) => [words, rounded(costs[name])]),
  };
}

type Column = readonly [head: string, cell: (row: ScaleRow) => string];

const COLUMNS: readonly Column[] = [
  ["hosts", ({ hosts }) => `${hosts}`],
  ["sessions", ({ sessions }) => whole(sessions)],
  ["broadcasts/s", ({ broadcasts }) => whole(broadcasts)],
  ["other hosts reached", ({ reach }) => reach.toFixed(1)],
  ["Redis in/s", ({ redisIn }) => whole(redisIn)],
  ["Redis out/s", ({ redisOut }) => whole(redisOut)],
  ["of it news of rooms", ({ newsOut }) => whole(newsOut)],
  ["MB/s in · out", ({ bytesIn, bytesOut }) => `${megabytes(bytesIn)} · ${megabytes(bytesOut)}`],
  ["Redis's core", ({ redisCore }) => percent(redisCore)],
  ["each bridge's core", ({ bridgeCore }) => percent(bridgeCore)],
  [
    "both, if all went to all",
    ({ redisCoreAll, bridgeCoreAll }) => `${percent(redisCoreAll)} · ${percent(bridgeCoreAll)}`,
  ],
  [
    "MB of rooms: bridge · worker",
    ({ bridgeRooms, workerRooms }) => `${megabytes(bridgeRooms)} · ${megabytes(workerRooms)}`,
  ],
  ["first limit", ({ limit, reserve }) => `${limit}, at ${times(reserve)}`],
];

function loadTable(name: string, rows: readonly ScaleRow[], workers: number): Table {
  const own = rows.filter((row) => row.load === name && row.workers === workers);
  return {
    title: `${name}; ${whole((own[0]?.sessions ?? 0) / (own[0]?.hosts ?? 1))} sessions and ${workers} workers on each host`,
    head: COLUMNS.map(([head]) => head),
    rows: own.map((row) => COLUMNS.map(([, cell]) => cell(row))),
  };
}

/** What does not depend on the load. */
function linkTable({ settings, rows }: ScaleResults): Table {
  const first = rows.filter(({ load }) => load === settings.loads[0]?.name);
  const cell = (hosts: number, workers: number): string => {
    const row = first.find((one) => one.hosts === hosts && one.workers === workers);
    return `${whole(row?.meshLinks ?? 0)} · ${whole(row?.gatewayLinks ?? 0)}`;
  };
  return {
    title: "Links of one host: mesh · with other hosts, when strays go from every worker to every host",
    head: ["hosts", "beats/s", "roster kB", ...settings.workers.map((workers) => `${workers} workers`)],
    rows: settings.hosts.map((hosts) => {
      const row = first.find((one) => one.hosts === hosts);
      const counts = [rounded(row?.beats ?? 0), rounded((row?.roster ?? 0) / 1_000)];
      return [`${hosts}`, ...counts, ...settings.workers.map((workers) => cell(hosts, workers))];
    }),
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const megabytes = (bytes: number): string => rounded(bytes / 1e6);
const percent = (share: number): string => `${rounded(share * 100)} %`;
const times = (factor: number): string =>
  factor >= 1_000 ? "over 1,000 × this load" : `${rounded(factor)} × this load`;
