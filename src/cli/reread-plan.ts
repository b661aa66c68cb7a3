/** CLI, in the process of a primary that runs: has the configuration read again by a process of its own. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HoldfastError, UsageError } from "../base/errors.js";
import type { StartPlan } from "../primary/reloader.js";
import type { StartCommand } from "./start-plan.js";

export type PlanAnswer =
  | { readonly plan: StartPlan }
  | {
      readonly error: {
        readonly code: string | undefined;
        readonly message: string;
        readonly usage: boolean;
      };
    };

const READER = fileURLToPath(new URL("./plan-reader.js", import.meta.url));
/** A configuration file that takes longer hangs. Milliseconds. */
const READ_TIME = 15_000;
/** Of what the reader prints. Characters. */
const KEPT = 2000;

type Where = {
  /** In which `holdfast start` was called. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
};

/** @throws {HoldfastError} what `holdfast start` would have refused, with its code; ERR_SETTINGS_READ where that cannot be said */
export async function rereadPlan(command: StartCommand, where: Where): Promise<StartPlan> {
  const answer = await ask(command, where);
  if ("plan" in answer) return answer.plan;
  const { code = "ERR_SETTINGS_READ", message, usage } = answer.error;
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  throw usage ? new UsageError(code, sentence) : new HoldfastError(code, sentence);
}

function ask(command: StartCommand, { folder, env }: Where): Promise<PlanAnswer> {
  return new Promise((resolve, reject) => {
    const child = fork(READER, {
      cwd: folder,
      env,
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    });
    const said = lastWords(child);
    const fail = (why: string): void => reject(unreadable(why));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`they were not read within ${READ_TIME} ms`);
    }, READ_TIME);
    child.on("message", (answer: PlanAnswer) => resolve(answer));
    child.on("error", (error) => fail(error.message));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      fail(`the process that reads them ended with ${signal ?? `code ${code}`}${said()}`);
    });
    child.send(command, () => {});
  });
}

/** What it prints belongs to the output of the primary, too. @returns the last line so far, in brackets */
function lastWords(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    process.stderr.write(chunk);
    text = (text + chunk).slice(-KEPT);
  });
  return () => {
    const line = text.trim().split("\n").at(-1);
    return line ? ` (${line})` : "";
  };
}

function unreadable(why: string): HoldfastError {
  return new HoldfastError("ERR_SETTINGS_READ", `The settings could not be read again: ${why}.`);
}
