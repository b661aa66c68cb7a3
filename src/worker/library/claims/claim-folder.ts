/**
 * Worker without a primary: the files by which processes of a fleet keep their slots. `p<id>` is the mark of a process and
 * `p<id>.sock` its sign of life; `s<slot>.<generation>.<id>` and the lock are hard links to the mark, so that they are whole as soon
 * as they are there, and of several that try at once exactly one succeeds.
 */

import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../../base/errors.js";
import { listWorkerSockets } from "../../../protocol/runtime-directory.js";
import { isOfThisPlace, livesHere, type ProcessMark, parseMark } from "./process-mark.js";
import { showLife, whoLives } from "./sign-of-life.js";

/** A process that has a slot. */
export type Holder = {
  readonly slot: number;
  readonly generation: number;
  readonly mark: ProcessMark;
  readonly path: string;
};

/** What stands for a file that is no mark: nobody, and dead. */
const NOBODY: ProcessMark = { id: "0", pid: 0, start: "", place: "", managed: "" };

export class ClaimFolder {
  readonly #directory: string;
  readonly #mark: ProcessMark;
  readonly #hideLife: () => void;

  /** From here on others can tell that this process lives. @throws the system's error when the folder cannot be written */
  constructor(directory: string, mark: ProcessMark) {
    this.#directory = directory;
    this.#mark = mark;
    // First the sign: whoever reads the mark may ask it at once.
    this.#hideLife = showLife(this.#socketOf(mark));
    const path = this.#markOf(mark);
    writeFileSync(`${path}.new`, JSON.stringify(mark), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  get lockPath(): string {
    return join(this.#directory, "claim");
  }

  /** Puts this process's mark under a further name. @returns false when there is a file of that name */
  link(path: string): boolean {
    try {
      linkSync(this.#markOf(this.#mark), path);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  }

  /** @returns whose mark a file is; undefined when there is none */
  read(path: string): ProcessMark | undefined {
    try {
      return parseMark(readFileSync(path, "latin1")) ?? NOBODY;
    } catch {
      return undefined;
    }
  }

  lives(mark: ProcessMark): boolean {
    return this.living([mark]).has(mark.id);
  }

  /** @returns the ids of those that live */
  living(marks: readonly ProcessMark[]): Set<string> {
    const elsewhere = marks.filter((mark) => mark !== NOBODY && !isOfThisPlace(mark));
    const answer = whoLives(elsewhere.map((mark) => this.#socketOf(mark)));
    const here = marks.filter((mark) => mark !== NOBODY && isOfThisPlace(mark) && livesHere(mark));
    const living = [...here, ...elsewhere.filter((mark) => answer.has(this.#socketOf(mark)))];
    return new Set(living.map(({ id }) => id));
  }

  /** Whoever has a slot, or had one when it died. */
  holders(): Holder[] {
    const holders = [];
    for (const file of readdirSync(this.#directory)) {
      const match = /^s(\d+)\.(\d+)\.[0-9a-z]+$/.exec(file);
      const path = join(this.#directory, file);
      const mark = match === null ? undefined : this.read(path);
      if (match !== null && mark !== undefined)
        holders.push({ slot: Number(match[1]), generation: Number(match[2]), mark, path });
    }
    return holders;
  }

  /** @returns gives the slot back, and takes everything of this process out of the folder */
  hold(slot: number, generation: number): () => void {
    const path = join(this.#directory, `s${slot}.${generation}.${this.#mark.id}`);
    this.link(path);
    return () => {
      rmSync(path, { force: true });
      this.leave();
    };
  }

  leave(): void {
    rmSync(this.#markOf(this.#mark), { force: true });
    this.#hideLife();
  }

  /** What a dead holder left. */
  remove({ mark, path }: Holder): void {
    for (const left of [path, this.#markOf(mark), this.#socketOf(mark)]) rmSync(left, { force: true });
  }

  /** Nobody who lives has this slot, so its sockets are dead ones'. */
  removeWorkerSockets(slot: number): void {
    for (const socket of listWorkerSockets(this.#directory))
      if (socket.slot === slot) rmSync(socket.path, { force: true });
  }

  #markOf = ({ id }: ProcessMark): string => join(this.#directory, `p${id}`);
  #socketOf = ({ id }: ProcessMark): string => join(this.#directory, `p${id}.sock`);
}
