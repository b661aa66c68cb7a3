/** A worker of a mesh that has nothing to do but to be one: says whom it found, and must then end by itself. */

import { createAdapter } from "../../../src/adapter/create-adapter.js";
import { Mesh } from "../../../src/bus/mesh.js";
import { LinkServer } from "../../../src/protocol/link-server.js";
import { workerSocket } from "../../../src/protocol/runtime-directory.js";

const directory = process.argv[2] as string;
const identity = { host: 0, slot: 78, incarnation: "idle", generation: 1 };
const path = workerSocket(directory, identity.slot, identity.incarnation);
const linkServer = new LinkServer({ identity, fleet: "test", path });
const mesh = new Mesh({ linkServer, directory });
createAdapter(mesh);
await linkServer.listen();
const busy = setInterval(() => {}, 1000);
await mesh.start();
console.log(`peers ${mesh.peers().length}`);
clearInterval(busy);
