/** Shows how this window is connected: by which transport, to which worker, or not at all. */

import { byId } from "./dom.js";
import { ALONE, labelOf } from "./worker-colour.js";

const line = byId("connection");
let worker;

export function watchConnection(socket) {
  socket.on("connect", () => {
    const { engine } = socket.io;
    show(engine);
    engine.on("upgrade", () => show(engine));
  });
  socket.on("disconnect", (reason) => {
    worker = undefined;
    lost();
    // The library does not come back by itself when a server asked it to go; a worker that is replaced does.
    if (reason === "io server disconnect") socket.connect();
  });
  socket.on("connect_error", lost);
  socket.io.on("reconnect_attempt", lost);
}

export function showWorker(name, socket) {
  worker = name;
  if (socket.connected) show(socket.io.engine);
}

function show(engine) {
  line.dataset.state = "connected";
  const transport = engine.transport.name === "websocket" ? "WebSocket" : "polling";
  const known = worker !== undefined && worker !== ALONE;
  line.textContent = known ? `${transport} to ${labelOf(worker)}` : transport;
}

function lost() {
  line.dataset.state = "lost";
  line.textContent = "Reconnecting…";
}
