/** Bridge: at the mesh of its host, where the bridge looks like one worker whose sockets are all those of the other hosts. */

import type { Scope } from "../../adapter/moves/host.js";
import type { Place } from "../../adapter/rooms/places.js";
import { Station, type StationOptions } from "../../adapter/station.js";
import { type Message, type MessageDraft, MessageKind } from "../../adapter/wire.js";
import type { Bus, Peer } from "../../bus/bus.js";
import { BRIDGE_SLOT } from "../../protocol/bridge-messages.js";

/** What becomes of what is heard here. */
export type LocalHandlers = {
  /** HERE with the hosts that have servers, or GONE. */
  here(): MessageDraft;
  /** Whether everything must come here. */
  isWide(): boolean;
  /** For the sockets of other hosts. @throws {WireError} */
  serve(from: Peer, message: Message, payload: Buffer): void;
  /** This worker has carried out what it was asked with this number, and all that it was asked before. */
  settled(from: Peer, request: number): void;
  /** This worker wants to be told, after all that it has asked before. */
  settle(to: Peer, request: number): void;
  /** This worker wants to be told once the other hosts know of the rooms of which it has told. */
  notice(to: Peer, request: number): void;
  /** What is known of the workers, or of their rooms, may have changed. */
  changed(): void;
  gone(peer: Peer): void;
  malformed(): void;
};

export class LocalSide extends Station {
  readonly #bus: Bus;
  readonly #handlers: LocalHandlers;

  constructor(options: StationOptions, handlers: LocalHandlers) {
    super(options);
    this.#bus = options.bus;
    this.#handlers = handlers;
  }

  /** Sends on what came from another host. @param bytes the message, as it is where nothing moves */
  pass(to: readonly Peer[], message: Message, bytes: Buffer, volatile = false): void {
    if (!this.moves.on) {
      if (to.length > 0) this.post(to, bytes, volatile);
      return;
    }
    const { kind, address, options, body } = message;
    const request = bytes.readUInt32BE(1);
    const draft = { kind: kind as MessageKind, request, address, options: options as object, body: [body] };
    this.moves.act(to, draft, volatile);
  }

  /** The worker of this key, while it lives. */
  peerOf(key: string): Peer | undefined {
    return this.#bus.peers().find((peer) => peer.key === key);
  }

  /** To this host's workers: what of the other hosts they must know anew. */
  tellHere(): void {
    this.send("all", this.here());
  }

  tellWide(to: readonly Peer[] | "all" = "all"): void {
    this.send(to, { kind: MessageKind.WIDE, options: { on: this.#handlers.isWide() } });
  }

  protected override here(): MessageDraft {
    return this.#handlers.here();
  }

  protected override serve(from: Peer, message: Message, payload: Buffer): void {
    // Another bridge has the same hosts behind it: what it says came from them.
    if (from.identity.slot === BRIDGE_SLOT) return;
    if (this.moves.on) this.moves.heard(from, message, payload);
    this.#handlers.serve(from, message, payload);
  }

  protected override serveAgain(_from: Peer, _message: Message, _scope: Scope): void {
    // No session moves to a bridge.
  }

  protected override adapterAt(): undefined {
    return undefined;
  }

  protected override reconcile(_address: string, _place: Place): void {
    // No session leaves a bridge.
  }

  protected override onNews(from: Peer, message: Message): void {
    super.onNews(from, message);
    const { kind, request } = message;
    if (kind === MessageKind.ROOMS && request > 0) this.#handlers.notice(from, request);
    this.#handlers.changed();
  }

  protected override sendNews(to: readonly Peer[] | "all", draft: MessageDraft): void {
    if (draft.kind !== MessageKind.SETTLED || to === "all") super.sendNews(to, draft);
    else for (const peer of to) this.#handlers.settle(peer, draft.request ?? 0);
  }

  protected override settled(from: Peer, request: number): void {
    super.settled(from, request);
    this.#handlers.settled(from, request);
  }

  protected override viewChanged(): void {
    this.#handlers.changed();
  }

  protected override peerGone(peer: Peer): void {
    this.#handlers.gone(peer);
    this.#handlers.changed();
  }

  protected override tellAll(peer: Peer, request: number): void {
    // Before the list of rooms, with which the peer begins to choose what it sends here.
    this.tellWide([peer]);
    super.tellAll(peer, request);
  }

  protected override malformed(): void {
    super.malformed();
    this.#handlers.malformed();
  }
}
