/** Test helper: the image of examples/deploy/docker as a container here, with the chat of examples/ as the app that is in it. */

import { chmodSync, cpSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type AppFolder, MODULES } from "./app-folder.js";
import { Container, type ContainerOptions } from "./container.js";
import { type Image, readImage } from "./dockerfile.js";
import { ROOT } from "./holdfast-command.js";
import { libraryFolder } from "./library-processes.js";

export const DEPLOY = join(ROOT, "examples/deploy");

export class DeployedImage {
  readonly image: Image = readImage(join(DEPLOY, "docker/Dockerfile"));
  readonly folder: AppFolder = libraryFolder();
  readonly #containers: Container[] = [];

  constructor() {
    cpSync(join(ROOT, "examples/chat"), this.folder.path, { recursive: true });
    // What "npm ci" would make.
    this.folder.link("node_modules/.bin/holdfast", "../holdfast/dist/cli/main.js");
    chmodSync(this.folder.path, 0o755);
  }

  /** @param command instead of ENTRYPOINT and CMD @param part limits, and more variables */
  run(command: readonly string[], part: Pick<Partial<ContainerOptions>, "limits" | "env"> = {}): Container {
    const { folder, uid, gid, env } = this.image;
    const modules = realpathSync(MODULES.own);
    const mounts = { [this.folder.path]: folder, [ROOT]: ROOT, [modules]: modules };
    const options = { mounts, folder, uid, gid, limits: part.limits ?? {}, env: { ...env, ...part.env } };
    const container = new Container(command, options);
    this.#containers.push(container);
    return container;
  }

  async remove(): Promise<void> {
    for (const container of this.#containers) await container.remove();
    this.folder.remove();
  }
}

/** The file's whole text, as its reader sees it. */
export function deployText(file: string): string {
  return readFileSync(join(DEPLOY, file), "utf8");
}
