/** Contract: relays in front of the sockets of several parties, so that a test can hold a party still, or break what is between two. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { HELLO_TYPE, type Hello, readFirstFrame } from "../../src/protocol/hello.js";

/** A connection through a relay; `parties` are who dialled and who listens. */
type Passage = { readonly parties: readonly string[]; readonly near: Socket; readonly far: Socket };

export type RelaysOptions = {
  /** Who dialled, from its hello. */
  readonly nameOf: (hello: Hello) => string;
};

export class Relays {
  readonly #nameOf: (hello: Hello) => string;
  readonly #servers = new Map<string, Server>();
  readonly #passages = new Set<Passage>();
  readonly #held = new Set<string>();

  constructor({ nameOf }: RelaysOptions) {
    this.#nameOf = nameOf;
  }

  /** From now on whoever dials `path` reaches the party that listens at `behind`. */
  listen(party: string, path: string, behind: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (near) => this.#onConnection(party, near, behind));
    this.#servers.set(party, server);
    return new Promise((resolve) => server.listen(path, resolve));
  }

  /** Nothing that this party says or is told passes until {@link Relays.release}. */
  hold(party: string): void {
    this.#held.add(party);
    for (const { near, far } of this.#passagesOf(party)) {
      near.pause();
      far.pause();
    }
  }

  release(party: string): void {
    this.#held.delete(party);
    for (const passage of this.#passagesOf(party)) this.#flow(passage);
  }

  /** Breaks what stands between two; they may dial again. */
  cut(one: string, other: string): void {
    for (const passage of this.#passagesOf(one)) if (passage.parties.includes(other)) destroy(passage);
  }

  /** Breaks whatever this party has, and takes nothing for it any more. */
  remove(party: string): void {
    this.#servers.get(party)?.close();
    for (const passage of this.#passagesOf(party)) destroy(passage);
  }

  close(): void {
    for (const party of this.#servers.keys()) this.remove(party);
  }

  #onConnection(acceptor: string, near: Socket, behind: string): void {
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const hello = readFirstFrame(head, HELLO_TYPE);
      if (hello === undefined) return;
      near.off("data", onData);
      const dialler = this.#nameOf(JSON.parse(hello.payload.toString()) as Hello);
      const passage = {
        parties: [dialler, acceptor],
        near,
        far: connect({ path: behind, allowHalfOpen: true }),
      };
      this.#passages.add(passage);
      this.#join(passage, head);
    };
    near.on("data", onData).on("error", () => {});
  }

  #join(passage: Passage, head: Buffer): void {
    const { near, far } = passage;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on("drain", () => this.#flow(passage));
      from.on("end", () => to.end());
      from.on("error", () => {});
      from.on("close", (failed) => {
        this.#passages.delete(passage);
        if (failed) to.destroy();
      });
    }
    // Even the hello does not reach a party that is held.
    if (this.#isHeld(passage)) {
      near.pause();
      near.unshift(head);
    } else {
      far.write(head);
    }
  }

  #flow(passage: Passage): void {
    if (this.#isHeld(passage)) return;
    const { near, far } = passage;
    if (!far.writableNeedDrain) near.resume();
    if (!near.writableNeedDrain) far.resume();
  }

  #isHeld({ parties }: Passage): boolean {
    return parties.some((party) => this.#held.has(party));
  }

  #passagesOf(party: string): Passage[] {
    return [...this.#passages].filter(({ parties }) => parties.includes(party));
  }
}

function destroy({ near, far }: Passage): void {
  near.destroy();
  far.destroy();
}
