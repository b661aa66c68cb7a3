/** Serves the files of the page from memory. */

import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";

const FOLDER = new URL("./public/", import.meta.url);
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const HEADERS = {
  "cache-control": "no-cache",
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const files = new Map(readdirSync(FOLDER).map((name) => [`/${name}`, readFileSync(new URL(name, FOLDER))]));

/** A request listener for `http.createServer`. */
export function servePage(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
  const name = path === "/" ? "/index.html" : path;
  const body = files.get(name);
  if (body === undefined) {
    response.writeHead(404, { "content-type": "text/plain" }).end("There is nothing here.\n");
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD", "content-type": "text/plain" }).end("Read only.\n");
  } else {
    response.writeHead(200, {
      ...HEADERS,
      "content-type": TYPES[extname(name)] ?? "application/octet-stream",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }
}
