/** Worker: the refusal of a request that no engine may see, in the form that Engine.IO gives its own (code 3: bad request). */

import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

const BODY = JSON.stringify({ code: 3, message: "Bad request" });

export function refuseRequest(response: ServerResponse): void {
  response.writeHead(400, { "Content-Type": "application/json" });
  response.end(BODY);
}

export function refuseUpgrade(socket: Duplex): void {
  socket.on("error", () => {});
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    () => socket.destroy(),
  );
}
