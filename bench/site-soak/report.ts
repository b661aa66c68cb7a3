/** Soak of a site, report: a line for each phase, and its table in docs/benchmarks.md. Pure. */

import { environmentText, markdownTable } from "../report/markdown.js";
import type { Table } from "../report/table.js";
import { terminalTable } from "../report/terminal.js";
import type { SoakPhase, SoakResults } from "./results.js";

export function phaseLine({ name, ms, flaws, explained }: SoakPhase): string {
  const words = flaws.length === 0 ? "no flaws" : flaws.join("; ");
  return `${name}: ${(ms / 1_000).toFixed(0)} s, ${words}${explained.length === 0 ? "" : ` (${explained.join("; ")})`}`;
}

export function soakMarkdown(results: SoakResults): string {
  return [`${environmentText(results.environment)}.`, markdownTable(tableOf(results))].join("\n\n");
}

export function soakTerminal(results: SoakResults): string {
  const examples = results.phases.flatMap(({ flaws, report }) => (flaws.length === 0 ? [] : report.examples));
  return `\n${[terminalTable(tableOf(results)), ...examples].join("\n")}\n`;
}

function tableOf({ settings, phases }: SoakResults): Table {
  const { hosts, workers, clients } = settings;
  return {
    title: `${clients} official clients on ${hosts} hosts with ${workers} workers each`,
    head: [
      "while",
      "s",
      "messages received",
      "from other hosts",
      "questions answered",
      "counts wrong",
      "errors",
      "explained by the fault",
    ],
    rows: phases.map(({ name, ms, flaws, explained, counts, report }) => {
      const { streams, asks } = report;
      const received = Object.values(streams).reduce((sum, stream) => sum + stream.received, 0);
      const answered = Object.values(asks).reduce((sum, ask) => sum + ask.answered, 0);
      return [
        name,
        (ms / 1_000).toFixed(0),
        received.toLocaleString("en-US"),
        (streams.far.received + streams.farHeard.received).toLocaleString("en-US"),
        answered.toLocaleString("en-US"),
        counts.asked === 0 ? "" : `${counts.wrong} of ${counts.asked}`,
        flaws.length === 0 ? "0" : flaws.join(", "),
        explained.join(", "),
      ];
    }),
  };
}
