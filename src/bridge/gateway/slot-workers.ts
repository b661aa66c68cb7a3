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
   * The forward socket of the newest worker of the slot that serves. Where the slot has none, of any other worker: each knows the sessions that
   * were moved from a slot that is gone.
   * @returns undefined while no worker lives
   */
  readonly pathOf = (slot: number): string | undefined => {
    const serves = (peer: Peer): boolean => this.#standby.serves(peer);
    const found = this.#mesh.peerOfSlot(slot, serves) ?? this.#mesh.peerOfSlot(slot) ?? this.#any(serves);
    return found?.path;
  };

  #any(serves: (peer: Peer) => boolean): { readonly path: string } | undefined {
    const peer = this.#mesh.peers().find((one) => one.identity.slot !== BRIDGE_SLOT && serves(one));
    return peer && this.#mesh.peerOfSlot(peer.identity.slot, serves);
  }
}
