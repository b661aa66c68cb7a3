/** Bus: the contract that every carrier of messages between workers keeps. */

import type { PeerIdentity } from "../protocol/hello.js";

/** A live worker at the other end. `key` is unlike that of any other worker, living or dead. */
export type Peer = { readonly key: string; readonly identity: PeerIdentity };

export type BusHandlers = {
  /**
   * A message from a live peer. `payload` may be a view: copy what outlives the call.
   * What a handler throws becomes an uncaught exception, as in any listener; the carrier goes on.
   */
  message(from: Peer, payload: Buffer): void;
  /** From now on `peers()` contains it; called before its first message. Who lived before the subscription is not announced. */
  peerUp?(peer: Peer): void;
  /** It is gone and `peers()` no longer contains it; called after its last message. */
  peerDown?(peer: Peer): void;
  /** It has been silent for too long. It stays a peer, and messages wait for it, but nobody should wait for its answers. */
  peerHung?(peer: Peer): void;
  /** The one that was hung speaks again; called before what it says. Never called for a peer that goes down hung. */
  peerBack?(peer: Peer): void;
  /** Between the message before and the next, so many messages of this peer did not fit into its queue. */
  lost?(from: Peer, messages: number): void;
  /** Messages to this peer were dropped, and fit again from now on; what is sent next comes behind the notice of loss. */
  fitsAgain?(peer: Peer): void;
};

/** Cells of a {@link Board}. */
export const BOARD_CELLS = 257;

/**
 * Counters that each worker raises for itself, and that all workers on it see when `add` returns, before any message could tell.
 * What a message says is up to date when it has the count that the board shows.
 */
export type Board = {
  /** Adds 1 to a cell of this worker, modulo 2^32. */
  add(cell: number): void;
  /** This worker's cells. A view. */
  own(): Uint32Array;
  /** One cell of all workers, by row; overwritten by the next call. */
  read(cell: number): Uint32Array;
  /** Where a worker stands in what `read` returns; -1 when it is not on the board. */
  rowOf(worker: PeerIdentity): number;
};

/**
 * Carries opaque messages between the workers of a fleet.
 * - Messages of one sender, on all channels together, reach one receiver in order, at most once.
 * - Whatever is missing in that order is told: the receiver gets `lost` in its place, or `peerDown`.
 * - A sender never receives its own message.
 * - `publish` and `send` neither throw nor block, whatever the state of a peer. What waits for a peer is bounded in bytes: volatile
 *   messages are dropped first, then all, and each drop is counted.
 * - A message longer than `maxPayload` is dropped and counted.
 * - A message to a channel that the receiver has not subscribed to is dropped there.
 */
export type Bus = {
  readonly self: Peer;
  /** Bytes that one message may have. */
  readonly maxPayload: number;
  /** undefined where the carrier has none: then nobody can know that nothing is under way. */
  readonly board: Board | undefined;
  /** The peers that live, without this worker. The same list until somebody comes or goes. */
  peers(): readonly Peer[];
  /**
   * To all peers. The carrier keeps `payload` until it has left: it must not be changed afterwards.
   * @param volatile may be lost: the first to go where a peer does not keep up
   */
  publish(channel: string, payload: Buffer, volatile?: boolean): void;
  /** As {@link Bus.publish}, to these peers only; those that are gone are left out and counted. */
  send(to: readonly Peer[], channel: string, payload: Buffer, volatile?: boolean): void;
  /** One subscriber a channel. @returns a function that ends it @throws {Error} when the channel has one */
  subscribe(channel: string, handlers: BusHandlers): () => void;
  /** Leaves: the peers are told, no handler is called any more, and whatever is published is dropped. */
  close(): void;
};
