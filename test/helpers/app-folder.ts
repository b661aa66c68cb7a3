/** Test helper: an app in a folder of its own, with the dependencies that the test gives it. */

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "./temporary.js";

const TEST = fileURLToPath(new URL("../", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The `node_modules` of the project itself, of an older socket.io, and of what apps used before. */
export const MODULES = {
  own: join(ROOT, "node_modules"),
  "socket.io 4.6": join(TEST, "matrix/socket.io-4.6/node_modules"),
  "socket.io 4.7": join(TEST, "matrix/socket.io-4.7/node_modules"),
  companions: join(TEST, "fixtures/library/node_modules"),
} as const;

export class AppFolder {
  readonly path: string;
  readonly remove: () => void;

  constructor() {
    const { path, remove } = temporaryDirectory();
    this.path = path;
    this.remove = remove;
  }

  /** @param file of test/fixtures @returns where its copy is */
  copy(file: string, name = basename(file)): string {
    const target = this.#at(name);
    copyFileSync(join(TEST, "fixtures", file), target);
    return target;
  }

  write(name: string, text: string): string {
    const target = this.#at(name);
    writeFileSync(target, text);
    return target;
  }

  /** @param name such as `node_modules`, or `node_modules/socket.io` */
  link(name: string, target: string): void {
    symlinkSync(target, this.#at(name));
  }

  #at(name: string): string {
    const target = join(this.path, name);
    mkdirSync(dirname(target), { recursive: true });
    return target;
  }
}
