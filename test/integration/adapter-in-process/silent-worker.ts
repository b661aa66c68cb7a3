/** A worker of a mesh, in a process of its own, that hears questions and does not answer them: to be killed. */

import { encodeValue } from "../../../src/adapter/values.js";
import { decodeMessage, encodeMessage, MessageKind } from "../../../src/adapter/wire.js";
import { Mesh } from "../../../src/bus/mesh.js";
import { LinkServer } from "../../../src/protocol/link-server.js";
import { workerSocket } from "../../../src/protocol/runtime-directory.js";

// The mesh itself keeps no process alive; the channel to the test does.
process.on("disconnect", () => process.exit());

const directory = process.argv[2] as string;
const identity = { host: 0, slot: 77, incarnation: "silent", generation: 1 };
const path = workerSocket(directory, identity.slot, identity.incarnation);
const linkServer = new LinkServer({ identity, fleet: "test", path });
const mesh = new Mesh({ linkServer, directory });

const here = encodeMessage({ kind: MessageKind.HERE });
mesh.subscribe("socket.io", {
  peerUp: (peer) => mesh.send([peer], "socket.io", here),
  message: (from, payload) => {
    const { request, body } = decodeMessage(payload);
    if (request === 0) return;
    if (body.includes("one answers")) {
      const count = Buffer.from([0, 0, 0, 2]);
      mesh.send([from], "socket.io", encodeMessage({ kind: MessageKind.COUNT, request, body: [count] }));
      const value = encodeValue("from the dead", () => {});
      mesh.send([from], "socket.io", encodeMessage({ kind: MessageKind.ACK, request, body: [value] }));
    }
    // Behind the answers, so that they have left when the news arrives.
    setImmediate(() => process.send?.("heard"));
  },
});
await linkServer.listen();
await mesh.start();
process.send?.("ready");
