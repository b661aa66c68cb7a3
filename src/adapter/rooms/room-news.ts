/** Adapter, in a worker: what workers tell each other about rooms, in both directions. */

import type { Room } from "socket.io-adapter";
import type { Bus, Peer } from "../../bus/bus.js";
import { BRIDGE_SLOT } from "../../protocol/bridge-messages.js";
import { changesFromWire, objectOf, rosterFromWire } from "../targets.js";
import { countsFromWire, type Message, MessageKind, WireError } from "../wire.js";
import { Announcements, type Namespaces, type Send } from "./announcements.js";
import type { Place } from "./places.js";
import { RoomDirectory } from "./room-directory.js";
import { SiteNotice } from "./site-notice.js";

export type RoomNewsOptions = {
  /** Those of this worker, as they are at any time. */
  readonly namespaces: Namespaces;
  readonly send: Send;
  /** A number for a question. */
  readonly next: () => number;
  /** A peer may be new in a place, or may have left it. */
  readonly onPlace?: ((address: string, place: Place) => void) | undefined;
};

export class RoomNews {
  readonly #directory: RoomDirectory;
  readonly #announcements: Announcements;
  readonly #namespaces: Namespaces;
  readonly #send: Send;
  readonly #notice: SiteNotice;

  constructor(bus: Bus, { namespaces, send, next, onPlace }: RoomNewsOptions) {
    this.#directory = new RoomDirectory(bus, onPlace);
    this.#announcements = new Announcements(bus.board, send);
    this.#namespaces = namespaces;
    this.#send = send;
    this.#notice = new SiteNotice({
      host: bus.self.identity.host,
      bridge: () => bus.peers().find(({ identity }) => identity.slot === BRIDGE_SLOT),
      next,
      ask: (bridge, request) => send([bridge], { kind: MessageKind.ROOMS, request, options: { c: [] } }),
    });
  }

  /** Rooms known of other workers, and joins that they have not confirmed. */
  get gauges(): { foreignRooms: number; pendingJoins: number } {
    return { foreignRooms: this.#directory.size, pendingJoins: this.#directory.pending };
  }

  /** Messages that went to a peer only because its news was under way. */
  get wide(): number {
    return this.#directory.wide;
  }

  /** Whether of some peer it is not known where its members are. */
  get isVague(): boolean {
    return this.#directory.isVague;
  }

  /** Whether any peer has told of members there. */
  isPlace(address: string, place: Place): boolean {
    return this.#directory.has(address, place);
  }

  /** The peers that may have sockets in these rooms; without rooms, in the namespace. Too many at times, never too few. */
  peersFor(address: string, rooms: ReadonlySet<Room>): readonly Peer[] {
    return this.#directory.peersFor(address, rooms);
  }

  /** The first socket of this worker is there. */
  enter(address: string, place: Place): void {
    this.#announcements.enter(address, place);
    this.#notice.entered(address, place);
  }

  /** @returns what resolves once other hosts know that this worker is in these rooms; undefined where they do. It never fails */
  noticed(address: string | undefined, rooms: Iterable<Room>): Promise<void> | undefined {
    return address === undefined ? undefined : this.#notice.of(address, rooms);
  }

  /** No socket of this worker is there any more. */
  leave(address: string, place: Place): void {
    this.#announcements.leave(address, place);
  }

  /** Before anything else leaves: whoever acts on that must find us in the rooms that we are in. */
  flush(): void {
    this.#announcements.flush();
  }

  /** These peers are asked, under this number, to let sockets join: until they have, what is for those rooms is for them. */
  asked(peers: readonly Peer[], number: number, address: string, rooms: readonly Room[]): void {
    this.#directory.asked(peers, number, address, rooms);
  }

  settled(peer: Peer, number: number): void {
    this.#directory.settled(peer, number);
    this.#notice.settled(number);
  }

  peerUp(peer: Peer): void {
    this.#directory.peerUp(peer);
  }

  peerDown(peer: Peer): void {
    this.#directory.peerDown(peer);
    this.#notice.peerDown(peer);
  }

  lost(peer: Peer): void {
    this.#directory.lost(peer);
  }

  /** @param request where not 0, the peer answers SETTLED with this number */
  tellAll(peer: Peer, request: number): void {
    if (request > 0) this.#directory.asked([peer], request, "", []);
    this.#announcements.tellAll(peer, this.#namespaces, request);
  }

  /** @throws {WireError} for a message that makes no sense */
  receive(from: Peer, message: Message): void {
    const { kind, address, options, request } = message;
    switch (kind) {
      case MessageKind.ROOMS:
        this.#directory.changed(from, address, changesFromWire(options, "c"));
        break;
      case MessageKind.ROSTER:
        this.#directory.listed(from, rosterFromWire(options, "n"), countsFromWire(message.body));
        if (request > 0) this.#send([from], { kind: MessageKind.SETTLED, request });
        break;
      case MessageKind.WIDE:
        this.#directory.getsAll(from, objectOf(options).on === true);
        break;
      default:
        throw new WireError(`news of the unknown kind ${kind}`);
    }
  }
}
