/** Several meshes in one process, over real Unix sockets in a temporary directory. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Mesh, type MeshOptions } from "../../src/bus/mesh.js";
import { LinkServer } from "../../src/protocol/link-server.js";
import { workerSocket } from "../../src/protocol/runtime-directory.js";

export type Worker = { readonly mesh: Mesh; readonly linkServer: LinkServer };

export type WorkerOptions = Partial<Pick<MeshOptions, "queueLimit" | "hungAfter" | "onProblem">> & {
  readonly host?: number;
  readonly slot?: number;
  readonly generation?: number;
  readonly incarnation?: string;
};

export class MeshFleet {
  readonly directory = mkdtempSync(join(tmpdir(), "hf-mesh-"));
  readonly workers: Worker[] = [];

  /** A worker that listens, but has not dialled anybody. */
  async listen(options: WorkerOptions = {}): Promise<Worker> {
    const slot = options.slot ?? this.workers.length;
    const incarnation = options.incarnation ?? (this.workers.length + 10).toString(36);
    const { host = 0 } = options;
    const identity = { host, slot, incarnation, generation: options.generation ?? 1 };
    const path = workerSocket(this.directory, slot, incarnation);
    const linkServer = new LinkServer({ identity, fleet: "test", path });
    const mesh = new Mesh({ linkServer, directory: this.directory, ...options });
    const worker = { mesh, linkServer };
    this.workers.push(worker);
    await linkServer.listen();
    return worker;
  }

  async join(options: WorkerOptions = {}): Promise<Worker> {
    const worker = await this.listen(options);
    await worker.mesh.start();
    return worker;
  }

  close(): void {
    for (const { mesh, linkServer } of this.workers) {
      mesh.close();
      linkServer.close();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Awaits a state; the test's own time limit is the end of patience. */
export async function until(state: () => boolean): Promise<void> {
  while (!state()) await new Promise((resolve) => setImmediate(resolve));
}
