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
};

/**
 * Carries opaque messages between the workers of a fleet.
 * - Messages of one sender on one channel reach one receiver in order, at most once.
 * - A sender never receives its own message.
 * - `publish` and `send` neither throw nor block, whatever the state of a peer.
 * - A message to a channel that the receiver has not subscribed to is dropped there.
 */
export type Bus = {
  readonly self: Peer;
  /** The peers that live, without this worker. */
  peers(): readonly Peer[];
  /**
   * To all peers. The carrier keeps `payload` until it has left: it must not be changed afterwards.
   * @param volatile may be lost: the first to go where a peer does not keep up
   */
  publish(channel: string, payload: Buffer, volatile?: boolean): void;
  /** To one peer; dropped when it is gone. */
  send(peerKey: string, channel: string, payload: Buffer): void;
  /** One subscriber a channel. @returns a function that ends it @throws {Error} when the channel has one */
  subscribe(channel: string, handlers: BusHandlers): () => void;
  /** Leaves: the peers are told, no handler is called any more, and whatever is published is dropped. */
  close(): void;
};
