/** Test helper: the folder of a fleet whose primary says what a test has written, and the commands that ask it; gone after each test. */

import { afterEach, beforeEach } from "vitest";
import { holdfast, runtimeFolder } from "./holdfast-command.js";
import { RunningCommand } from "./running-command.js";
import { ScriptedPrimary } from "./scripted-primary.js";

export type ScriptedFleet = {
  readonly primary: ScriptedPrimary;
  /** The folder of all fleets. */
  readonly runtime: string;
  /** A command, to its end. */
  run(...args: string[]): ReturnType<typeof holdfast>;
  /** A command that runs on. */
  command(...args: string[]): RunningCommand;
};

/** A new one for each test of this file. */
export function scriptedFleet(name: string): ScriptedFleet {
  let runtime: ReturnType<typeof runtimeFolder>;
  let primary: ScriptedPrimary;
  let running: RunningCommand | undefined;
  beforeEach(async () => {
    runtime = runtimeFolder();
    primary = new ScriptedPrimary(runtime.path, name);
    await primary.listen();
  });
  afterEach(async () => {
    running?.kill("SIGKILL");
    running = undefined;
    await primary.close();
    runtime.remove();
  });
  return {
    get primary() {
      return primary;
    },
    get runtime() {
      return runtime.path;
    },
    run: (...args) => holdfast(args, { runtime: runtime.path }),
    command: (...args) => {
      running = new RunningCommand(runtime.path, ...args);
      return running;
    },
  };
}
