/**
 * Worker (accepting): the strays that it carries for owners elsewhere. No worker can take them over, so before this one ends they end in order: a
 * poll that waits is answered, and the client asks again by a worker that stays; of a tunnel the owner gets what the client had sent, closes the
 * session, and the client connects again.
 */

export type Tunnel = {
  /** What the client sends from now on is dropped; the owner hears that nothing more comes, and ends it. */
  close(): void;
};

/** Of one tunnel. */
export type TunnelEnds = {
  /** Whether the client would notice: one that is still trying the WebSocket, and has paused its polling, would wait for ever. */
  mayEnd(): boolean;
  end(): void;
};

export class Carried {
  readonly #tunnels = new Map<Tunnel, TunnelEnds>();
  readonly #requests = new Set<() => void>();
  #closed = 0;
  #ends = false;

  /** Those that may end and have not been told to. */
  get tunnels(): readonly Tunnel[] {
    return [...this.#tunnels].filter(([, ends]) => ends.mayEnd()).map(([tunnel]) => tunnel);
  }

  /** How many tunnels were open when this worker ended them. */
  get closed(): number {
    return this.#closed;
  }

  /** @returns to be called when it has ended */
  tunnel(ends: TunnelEnds): () => void {
    const tunnel: Tunnel = {
      close: () => {
        if (!this.#tunnels.delete(tunnel)) return;
        this.#closed += 1;
        ends.end();
      },
    };
    this.#tunnels.set(tunnel, ends);
    return () => this.#tunnels.delete(tunnel);
  }

  /** @param hurry tells the owner that what waits is to be answered; called more than once @returns to be called when it has ended */
  request(hurry: () => void): () => void {
    this.#requests.add(hurry);
    if (this.#ends) hurry();
    return () => this.#requests.delete(hurry);
  }

  /** This worker is about to end: from now on no request waits here for news. Those that had not reached their sessions are told when this is called again. */
  hurry(): void {
    this.#ends = true;
    for (const hurry of this.#requests) hurry();
  }
}
