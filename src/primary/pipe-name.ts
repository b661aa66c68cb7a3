/**
 * Primary: keeps a Unix socket reachable by its name. Apps remove the file of an earlier run before they listen; with several workers
 * each removes what the one before has just bound. A second name beside the first lets it be put back.
 */

import { existsSync, linkSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";

export class PipeName {
  readonly #path: string;
  readonly #spare: string;

  /** @param path of a socket that is bound; an abstract one has no file and needs no name */
  constructor(path: string) {
    this.#path = path;
    this.#spare = `${path}.holdfast`;
    this.forget();
    link(path, this.#spare);
  }

  /** Puts the name back if somebody removed it. Whatever else stands there by now is left alone. */
  restore(): void {
    if (!existsSync(this.#path)) link(this.#spare, this.#path);
  }

  /** The first name goes with the descriptor. */
  forget(): void {
    try {
      rmSync(this.#spare, { force: true });
    } catch {
      // A folder that only systemd may write to: the app cannot remove a name there either.
    }
  }
}

/** Removes the socket of a primary that was killed. One that somebody listens on stays, and so does any other file. */
export function removeDeadPipe(path: string): Promise<void> {
  return new Promise((resolve) => {
    if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) {
      resolve();
      return;
    }
    const probe = connect(path);
    probe.on("connect", () => probe.destroy());
    probe.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") rmSync(path, { force: true });
    });
    probe.on("close", () => resolve());
  });
}

/** A file system without hard links leaves all as it is. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Then a name that is removed stays removed, as with one process.
  }
}
