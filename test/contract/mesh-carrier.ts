/** The mesh as a carrier of the contract: real Unix sockets, with a relay in front of each worker for the faults. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "../../src/bus/bus.js";
import { Mesh } from "../../src/bus/mesh.js";
import { peerKey } from "../../src/bus/peer-table.js";
import { LinkServer } from "../../src/protocol/link-server.js";
import { workerSocket } from "../../src/protocol/runtime-directory.js";
import type { Carrier, CarrierOptions } from "./bus/carrier.js";
import { Relays } from "./relay.js";

export function openMeshCarrier(options: CarrierOptions): Carrier {
  const directory = mkdtempSync(join(tmpdir(), "hf-bus-"));
  const relays = new Relays({ nameOf: peerKey });
  const workers = new Map<Bus, LinkServer>();

  /** The worker listens beside the fleet's folder; its socket there is that of its relay. */
  const start = async (slot: number, subscribe: (bus: Mesh) => void): Promise<void> => {
    const identity = { host: 0, slot, incarnation: `i${slot}`, generation: 1 };
    const behind = join(directory, "behind");
    mkdirSync(behind, { recursive: true });
    const linkServer = new LinkServer({ identity, fleet: "test", path: join(behind, `${slot}`) });
    const mesh = new Mesh({ linkServer, directory, ...options });
    workers.set(mesh, linkServer);
    subscribe(mesh);
    await linkServer.listen();
    await relays.listen(mesh.self.key, workerSocket(directory, slot, identity.incarnation), linkServer.path);
    await mesh.start();
  };

  const end = (bus: Bus): void => {
    relays.remove(bus.self.key);
    bus.close();
    workers.get(bus)?.close();
  };

  return {
    // What the kernel takes from the sender before the relay reads it.
    underWay: 1024 * 1024,
    join: start,
    stall: (bus) => relays.hold(bus.self.key),
    resume: (bus) => relays.release(bus.self.key),
    cut: (one, other) => relays.cut(one.self.key, other.self.key),
    kill: end,
    close: async () => {
      for (const bus of workers.keys()) end(bus);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
