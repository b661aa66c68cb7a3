/** Bus: what a carrier counts, since its start. */

export type BusCounters = {
  /** Calls of `publish` and `send`. */
  published: number;
  /** Copies that were handed to a peer's link, and their bytes. */
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  /** Messages that a peer told were dropped on the way here, because this worker did not keep up. */
  lost: number;
  readonly dropped: {
    /** Volatile, and half of the limit waited for the peer. */
    volatile: number;
    /** The limit waited for the peer, or had waited and not yet fallen below its half again. */
    overflow: number;
    /** Longer than a frame may be. */
    tooLarge: number;
    /** `send` to a peer that is gone. */
    noPeer: number;
    /** Received on a channel that nobody subscribed to here. */
    noSubscriber: number;
    /** Frames that make no sense; each closes its link. */
    malformed: number;
  };
};

export function newBusCounters(): BusCounters {
  return {
    published: 0,
    sent: 0,
    sentBytes: 0,
    received: 0,
    receivedBytes: 0,
    lost: 0,
    dropped: { volatile: 0, overflow: 0, tooLarge: 0, noPeer: 0, noSubscriber: 0, malformed: 0 },
  };
}
