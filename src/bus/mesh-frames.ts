/**
 * Bus: frames on a mesh link, behind hello and welcome. Types only; docs/protocol.md tells the story.
 * A type that is not listed is dropped and counted, so that a later version may add one (a heartbeat is the next in line).
 */

export const MeshFrame = {
  /** From the worker that accepted, its first frame: this link is the one. Payload: its identity as JSON. */
  READY: 2,
  /** Instead of READY: this link is not wanted. Payload: a {@link Refusal}. */
  REFUSED: 3,
  /** The stream number stands for the channel whose name is the payload, until it is given away again. */
  CHANNEL: 4,
  /** A message on the channel that the stream number stands for. */
  MESSAGE: 5,
} as const;

/** `duplicate`: another link between the two is used. `closed`: this worker left the mesh. */
export type Refusal = "duplicate" | "closed";

/** Channel numbers of one direction of one link. Past it the oldest number is given away again. */
export const MAX_CHANNELS = 256;
