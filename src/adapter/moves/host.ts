/** Adapter: what the parts that move sessions need of the hub. Types only. */

import type { Bus, Peer } from "../../bus/bus.js";
import type { Place } from "../rooms/places.js";
import type { Message, MessageDraft } from "../wire.js";

/** For which sockets of this worker an acting message is carried out, if not for all that its targets choose. */
export type Scope = {
  /** Those are not meant. */
  readonly spares?: (socket: object) => boolean;
  /** Only these are meant. Who is disconnected is taken out. */
  readonly only?: Set<object>;
  /** It was carried out before, for others: nobody waits for an answer to the whole. */
  readonly again?: boolean;
};

export type MovesHost = {
  readonly bus: Bus;
  /** Peers that have a Socket.IO server and do not hang. */
  answering(): readonly Peer[];
  send(to: readonly Peer[] | "all", draft: MessageDraft): void;
  /** undefined when it cannot be encoded */
  encode(draft: MessageDraft): Buffer | undefined;
  post(to: readonly Peer[], bytes: Buffer, volatile: boolean): void;
  carryOut(from: Peer, message: Message, scope: Scope): void;
  /** The adapter that messages for this address reach. */
  adapterAt(address: string): object | undefined;
  /** The others must believe that somebody is in this place. */
  enter(address: string, place: Place): void;
  /** The others may know again whether anybody is in this place. */
  reconcile(address: string, place: Place): void;
  report(sentence: string): void;
};

export function isPeer({ bus }: MovesHost, key: string): boolean {
  return bus.peers().some((peer) => peer.key === key);
}

/** Those of these that are peers now. */
export function peersOf({ bus }: MovesHost, keys: readonly string[]): readonly Peer[] {
  return bus.peers().filter(({ key }) => keys.includes(key));
}
