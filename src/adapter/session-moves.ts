/**
 * Adapter, in a worker: broadcasts reach a session exactly once while it moves from one worker to another. Types only.
 *
 * From `mirror` on each worker sends to the new one, too, what it sends to the old one, and numbers it. The old one says of each session up to
 * which number of each sender it had got everything; the new one gives it what came since, and keeps from it what it had.
 */

/** Up to which number of each sender (by key of the peer) everything was handed to this worker's sockets. Structured-cloneable. */
export type Position = Readonly<Record<string, number>>;

export type SessionMoves = {
  /**
   * Old worker: everybody sends to these peers, too, what they send to this one; and what this one says it has left it keeps saying it has, until {@link unmirror}.
   * Resolves once everybody does, is gone, is hung, or after `limit` ms. May be called again with other peers.
   */
  mirror(to: readonly string[], limit: number): Promise<void>;
  /** Old worker: no more session moves; or the new one is gone. */
  unmirror(): void;
  /**
   * Old worker: these sockets are about to leave; call it before they are taken out of their rooms. Until {@link settled} says that they
   * arrived, or they come back, this worker describes them to `fetchSockets`, and names them to who counts their answers.
   */
  departing(sockets: readonly { readonly namespace: object; readonly socket: object }[]): void;
  /** Old worker: the sockets of these ids have arrived where they went, or are gone for good. */
  settled(ids: readonly string[]): void;
  /** Either: where this worker is now. In the turn in which sessions leave. */
  position(): Position;
  /** New worker (or the old one that takes back): these sockets were put in their rooms in this turn, and had everything up to `position`. */
  arrived(
    sockets: readonly { readonly namespace: object; readonly socket: object }[],
    position: Position,
  ): void;
};
