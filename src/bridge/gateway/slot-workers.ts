/** Bridge: which worker of this host gets what other hosts bring for a slot. */

import type { Peer } from "../../bus/bus.js";
import type { Mesh } from "../../bus/mesh.js";
import { Standby } from "../../bus/standby.js";
import { BRIDGE_SLOT } from "../../protocol/bridge-messages.js";

export class SlotWorkers {
  readonly #mesh: Mesh;
  readonly #standby: Standby;

  /** @param mesh of the bridge, not started yet */
  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#standby = new Standby(mesh, false, () => {});
  }

  /**
   * The forward socket of the newest worker of the slot that serves. Where it is about to leave, or the slot has none, of any other: each worker
   * knows where the sessions of a slot went.
   * @returns undefined while no worker lives
   */
  readonly pathOf = (slot: number): string | undefined => {
    const serves = (peer: Peer): boolean => this.#standby.serves(peer);
    const stays = (peer: Peer): boolean => serves(peer) && !this.#standby.leaves(peer);
    const mesh = this.#mesh;
    const found =
      mesh.peerOfSlot(slot, stays) ?? this.#any(stays) ?? mesh.peerOfSlot(slot) ?? this.#any(() => true);
    return found?.path;
  };

  #any(suits: (peer: Peer) => boolean): { readonly path: string } | undefined {
    const peer = this.#mesh.peers().find((one) => one.identity.slot !== BRIDGE_SLOT && suits(one));
    return peer && this.#mesh.peerOfSlot(peer.identity.slot, suits);
  }
}
