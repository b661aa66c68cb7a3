/** CLI: the commands and their flags. Each command's file is loaded when it runs, so that `--version` and `--help` stay quick. */

import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../base/errors.js";
import { packageVersion } from "../base/version.js";
import type { Setting } from "../config/setting.js";
import { SETTINGS } from "../config/setting-table.js";
import type { FleetOptions } from "./fleet-options.js";
import type { LogsOptions } from "./logs.js";
import { addProxyOptions, type ProxyFlags } from "./proxy-options.js";
import type { ReloadOptions } from "./reload.js";
import { EXIT } from "./report-error.js";
import type { ScaleOptions } from "./scale.js";
import type { StatusOptions } from "./status.js";
import { addUnitOptions } from "./unit-options.js";

/** Runs one command line, without the program's own name. @returns the exit code @throws {HoldfastError} */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.fine;
  const program = buildProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return endOfCommander(error);
    throw error;
  }
}

/** Whether the command was asked for JSON, also where the rest of its line makes no sense. */
export function answersInJson([command = "", ...argv]: readonly string[]): boolean {
  const ours = ["status", "reload", "scale", "stop", "logs"].includes(command);
  return ours && argv.slice(0, [...argv, "--"].indexOf("--")).includes("--json");
}

/** Help and version come as "errors" with exit code 0. */
function endOfCommander(error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.fine;
  // No command at all: commander has printed the help.
  if (error.code === "commander.help") return EXIT.usage;
  throw new UsageError("ERR_USAGE", usageSentence(error.message));
}

/** `error: unknown option '--prot'\n(Did you mean --port?)` -> `Unknown option "--prot". Did you mean --port?` */
export function usageSentence(message: string): string {
  const [what = "", hint] = message.replace(/^error: /, "").split("\n");
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}`.replaceAll("'", '"').replace(/\.$/, "");
  return `${sentence}. ${hint?.replace(/^\((.*)\)$/, "$1") ?? 'Run "holdfast --help", or --help behind a command, for what there is.'}`;
}

function buildProgram(done: (exitCode: number) => void): Command {
  const program = new Command("holdfast")
    .description("Runs a Socket.IO application on every core, with sessions that hold fast.")
    .version(packageVersion(), "-V, --version")
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addStart(program, done);
  addStatus(program, done);
  addReload(program, done);
  addScale(program, done);
  addStop(program, done);
  addLogs(program, done);
  addProxy(program, done);
  addUnit(program, done);
  return program;
}

function addStart(program: Command, done: (exitCode: number) => void): void {
  const start = program
    .command("start")
    .description("run the app, in the foreground, on every core")
    .argument("<entry>", "the app: a .js, .mjs, .cjs, .ts, .mts or .cts file")
    .argument("[args...]", "arguments for the app; those that begin with a hyphen go behind --");
  addStartOptions(start).action(async (entry: string, args: string[], _options: object, command: Command) => {
    const { start: run } = await import("./start.js");
    done(await run(entry, args, writtenOptions(command)));
  });
}

function addStartOptions(command: Command): Command {
  command
    .option("-c, --config <file>", "configuration file (HOLDFAST_CONFIG; default: holdfast.config.*)")
    .option("--cwd <folder>", "folder to run in (HOLDFAST_CWD; default: this one)");
  for (const option of settingOptions()) command.addOption(option);
  return command;
}

function settingOptions(): Option[] {
  const options = SETTINGS.map((setting) => {
    const option = new Option(setting.flag, helpText(setting)).helpGroup(`${setting.group}:`);
    const repeatable = setting.kind === "trust-list" || setting.kind === "node-args";
    return repeatable ? option.argParser(joined) : option;
  });
  options.push(
    new Option("-i, --instances <n>", "the same as --workers, for users of pm2").helpGroup("Fleet:"),
  );
  return options;
}

function helpText({ meaning, env, kind, default: value }: Setting): string {
  const text = meaning.replaceAll("`", "").replace(/\.$/, "");
  const shown =
    kind === "boolean" || typeof value === "object" || value === undefined ? "" : `; default: ${value}`;
  return `${text.charAt(0).toLowerCase()}${text.slice(1)} (${env.join(", ")}${shown})`;
}

const joined = (value: string, before?: string): string => (before ? `${before} ${value}` : value);

/** Only what stands on the command line: defaults come from the table, behind environment and file. */
function writtenOptions(command: Command): Record<string, string | boolean> {
  const written = Object.entries(command.opts()).filter(
    ([key]) => command.getOptionValueSource(key) === "cli",
  );
  return Object.fromEntries(written) as Record<string, string | boolean>;
}

function addStatus(program: Command, done: (exitCode: number) => void): void {
  addFleetOptions(program.command("status").description("show the workers of a running fleet"))
    .option("-q, --quiet", "print nothing: exit code 0 if the fleet serves, 1 if not")
    .option("--site", "show the hosts that it is joined with over Redis")
    .action(async (options: StatusOptions) => done(await (await import("./status.js")).status(options)));
}

function addReload(program: Command, done: (exitCode: number) => void): void {
  addFleetOptions(program.command("reload").description("replace the workers one by one with new code"))
    .option("--parallel <n>", "how many slots at a time (default: 1)")
    .option("--update-env", "new workers get the variables of this command's environment")
    .action(async (options: ReloadOptions) => done(await (await import("./reload.js")).reload(options)));
}

function addScale(program: Command, done: (exitCode: number) => void): void {
  addFleetOptions(
    program.command("scale").description("change the number of workers").argument("<n>", "how many"),
  )
    .option("--rebalance", "new workers get sessions of the fullest ones")
    .action(async (workers: string, options: ScaleOptions) =>
      done(await (await import("./scale.js")).scale(workers, options)),
    );
}

function addStop(program: Command, done: (exitCode: number) => void): void {
  addFleetOptions(program.command("stop").description("drain a running fleet and stop it")).action(
    async (options: FleetOptions) => done(await (await import("./stop.js")).stop(options)),
  );
}

function addLogs(program: Command, done: (exitCode: number) => void): void {
  addFleetOptions(program.command("logs").description("show what the workers and Holdfast printed lately"))
    .option("-f, --follow", "go on with each new line")
    .option("--slot <n>", "only of this slot")
    .option("-n, --lines <n>", "how many of the last lines (default: 100)")
    .action(async (options: LogsOptions) => done(await (await import("./logs.js")).logs(options)));
}

function addProxy(program: Command, done: (exitCode: number) => void): void {
  const command = program
    .command("proxy")
    .description("print the configuration of a proxy in front of the fleet")
    .argument("<kind>", "nginx, haproxy, caddy, apache, traefik, envoy or kubernetes");
  addProxyOptions(command).action(async (kind: string, flags: ProxyFlags) =>
    done(await (await import("./proxy.js")).proxy(kind, flags)),
  );
}

function addUnit(program: Command, done: (exitCode: number) => void): void {
  const command = program
    .command("unit")
    .description("print the units with which systemd runs the app")
    .argument("<entry>", "the app, as for start")
    .argument("[args...]", "arguments for the app; those that begin with a hyphen go behind --");
  addStartOptions(addUnitOptions(command)).action(
    async (entry: string, args: string[], _options: object, command: Command) =>
      done(await (await import("./unit.js")).unit(entry, args, writtenOptions(command))),
  );
}

function addFleetOptions(command: Command): Command {
  return command
    .option("--name <name>", "which fleet (HOLDFAST_NAME; default: the only one that runs)")
    .option("--json", "answer in JSON, for programs");
}
