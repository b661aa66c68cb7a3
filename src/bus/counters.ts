/** Bus: what a carrier counts, since its start. */

export type BusCounters = {
  /** Calls of `publish` and `send`. */
  published: number;
  /** Copies that were handed to a peer's link, and their bytes. */
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  readonly dropped: {
    /** Volatile, and the peer had more than half of the limit unread. */
    volatile: number;
    /** The peer had the limit unread. */
    overflow: number;
    /** Longer than a frame may be. */
    tooLarge: number;
    /** `send` to a peer that is gone. */
    noPeer: number;
    /** Received on a channel that nobody subscribed to here. */
    noSubscriber: number;
    /** Frames that make no sense. */
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
    dropped: { volatile: 0, overflow: 0, tooLarge: 0, noPeer: 0, noSubscriber: 0, malformed: 0 },
  };
}
