/** Primary: one bridge process: how it is started, and what it says. What it does is in src/bridge. */

import { type ChildProcess, fork } from "node:child_process";
import {
  BRIDGE_SETTINGS,
  type BridgeSettings,
  type BridgeToPrimary,
  type PrimaryToBridge,
} from "../../protocol/bridge-messages.js";
import { type ChannelEnd, onChannelMessage, sendOnChannel } from "../../protocol/process-channel.js";
import { copyLines, type Outputs } from "../output.js";

export type BridgeEnd = { readonly code: number | null; readonly signal: string | null };

export type BridgeProcessEvents = {
  message(message: BridgeToPrimary): void;
  /** Once; nothing is said afterwards. `problem`: it could not even be started. */
  exit(end: BridgeEnd, problem?: string): void;
};

export class BridgeProcess {
  readonly #child: ChildProcess;

  /**
   * @param entry path of the program
   * @throws the system's error when no process can be made
   */
  constructor(entry: string, settings: BridgeSettings, outputs: Outputs, events: BridgeProcessEvents) {
    this.#child = fork(entry, [], {
      // Its own code alone: what is loaded into every node of the app's has no business here.
      execArgv: [],
      env: environment(settings),
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#copyOutput(outputs);
    let told = false;
    const tell = (end: BridgeEnd, problem?: string): void => {
      if (!told) events.exit(end, problem);
      told = true;
    };
    onChannelMessage<BridgeToPrimary>(
      this.#child as ChannelEnd,
      (message) => told || events.message(message),
    );
    this.#child.on("exit", (code, signal) => tell({ code, signal }));
    this.#child.on("error", (error) => {
      if (this.#child.pid === undefined) tell({ code: null, signal: null }, error.message);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: PrimaryToBridge): void {
    sendOnChannel(this.#child as ChannelEnd, message);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #copyOutput({ stdout, stderr, history }: Outputs): void {
    for (const [stream, target] of Object.entries({ stdout, stderr })) {
      const source = this.#child[stream as "stdout" | "stderr"];
      if (source === null) continue;
      const keep = (line: Buffer): void => {
        history?.add({ slot: null, generation: null, stream: stream as "stdout" | "stderr", line });
      };
      copyLines(source, target, "bridge | ", keep);
    }
  }
}

function environment(settings: BridgeSettings): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, [BRIDGE_SETTINGS]: JSON.stringify(settings) };
  delete env.NODE_OPTIONS;
  delete env.NODE_UNIQUE_ID;
  return env;
}
