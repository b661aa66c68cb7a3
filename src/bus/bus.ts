/** Bus: the contract that every carrier of messages between workers keeps. */

import type { PeerIdentity } from "../protocol/hello.js";

/** A live worker at the other end. `key` is unlike that of any other worker, living or dead. */
export type Peer = { readonly key: string; readonly identity: PeerIdentity };

export type BusHandlers = {
  /** A message from a live peer. `payload` may be a view: copy what outlives the call. */
  message(from: Peer, payload: Buffer): void;
  /** From now on `peers()` contains it; called before its first message. */
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
  publish(channel: string, payload: Buffer): void;
  /** To one peer; dropped when it is gone. */
  send(peerKey: string, channel: string, payload: Buffer): void;
  /** One subscriber a channel. @returns a function that ends it */
  subscribe(channel: string, handlers: BusHandlers): () => void;
  close(): void;
};
