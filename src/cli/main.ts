#!/usr/bin/env node
/** CLI: the command `holdfast`. Only what every command needs is loaded here; `start` turns this process into the primary. */

import { stdout } from "node:process";
import { answersInJson, runProgram } from "./program.js";
import { exitCodeOf, report, reportAsAnswer } from "./report-error.js";

// Whoever reads may leave early, as `holdfast status | head -1` does.
stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

try {
  process.exitCode = await runProgram(process.argv.slice(2));
} catch (error) {
  if (answersInJson(process.argv.slice(2))) reportAsAnswer(error);
  else report(error);
  process.exitCode = exitCodeOf(error);
}
// What a command leaves open by mistake must not keep the terminal.
process.exit();
