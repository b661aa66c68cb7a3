/** Test helper: sessions of python-socketio, in a Python process of their own. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Transport } from "./official-clients.js";

/** Debian's own, which has Debian's packages; a `python3` that is first on PATH may be another. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("../../fixtures/clients/sessions.py", import.meta.url));
const MODULES = ["socketio", "websocket", "requests"] as const;
/** A script that hangs is killed, so that the test says so. Milliseconds. */
const PATIENCE = 55_000;

const run = promisify(execFile);

export type PythonOrder = {
  readonly url: string;
  readonly transports: readonly Transport[];
  readonly sessions: number;
  readonly heartbeats: number;
};

/** What one session saw. */
export type PythonReport = {
  readonly sid: string;
  readonly transport: string;
  /** That served it, in each of two namespaces. */
  readonly slots: readonly number[];
  /** Text and bytes came back as they went, in both namespaces. */
  readonly echoed: boolean;
  readonly shouts: readonly string[];
  readonly heartbeats: number;
  readonly faults: readonly string[];
};

/** @throws naming the Debian packages, where the client is not installed */
export async function checkPythonClient(): Promise<void> {
  for (const module of MODULES) {
    await run(PYTHON, ["-c", `import ${module}`]).catch((cause: unknown) => {
      const needed = MODULES.map((name) => `python3-${name}`).join(" ");
      throw new Error(
        `The Python module ${module} is missing: apt-get install --no-install-recommends ${needed}`,
        { cause },
      );
    });
  }
}

/** @throws when the script fails, with what it printed */
export async function runPythonSessions(order: PythonOrder): Promise<readonly PythonReport[]> {
  const { stdout, stderr } = await run(PYTHON, [SCRIPT, JSON.stringify(order)], { timeout: PATIENCE });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as PythonReport[];
}
