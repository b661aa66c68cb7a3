/**
 * A worker of a mesh in a process of its own, to be stopped, continued and killed. Tells its parent everything that it hears;
 * `["block", ms]` keeps its loop busy for so long.
 */

import { Mesh } from "../../../src/bus/mesh.js";
import { LinkServer } from "../../../src/protocol/link-server.js";
import { workerSocket } from "../../../src/protocol/runtime-directory.js";

// The mesh itself keeps no process alive; the channel to the test does.
process.on("disconnect", () => process.exit());

const [directory = "", slot = "", hungAfter = ""] = process.argv.slice(2);
const identity = { host: 0, slot: Number(slot), incarnation: `p${slot}`, generation: 1 };
const path = workerSocket(directory, identity.slot, identity.incarnation);
const linkServer = new LinkServer({ identity, fleet: "test", path });
const mesh = new Mesh({ linkServer, directory, hungAfter: Number(hungAfter) });

const tell = (event: string): void => {
  process.send?.(event);
};
mesh.subscribe("c", {
  message: (_, payload) => tell(payload.toString("latin1", 0, 20).replace(/\0.*/, "")),
  peerHung: (peer) => tell(`hung ${peer.identity.slot}`),
  lost: (_, messages) => tell(`lost ${messages}`),
});
process.on("message", (command: [string, number]) => {
  if (command[0] !== "block") return;
  const end = performance.now() + command[1];
  while (performance.now() < end);
  tell("blocked");
});
await linkServer.listen();
await mesh.start();
tell("ready");
