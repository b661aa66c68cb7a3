/** Test helper: real nginx before the hosts of a site: one that reads the session id, as `holdfast proxy` writes it, and one that does not. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../free-ports.js";
import { holdfast } from "../holdfast-command.js";
import { RealProxy } from "../real-proxy.js";
import { temporaryDirectory } from "../temporary.js";
import type { TestHost } from "./host.js";

/** `random`: as `round-robin`, but clients that do the same at the same time do not all come to the same host. */
export type FrontKind = "sid" | "round-robin" | "random";

export async function startFront(kind: FrontKind, hosts: readonly TestHost[]): Promise<RealProxy> {
  const [port = 0, admin = 0] = await freePorts(2);
  const text = kind === "sid" ? await sidText(port, hosts) : textWithoutSid(port, hosts, kind);
  return RealProxy.start("nginx", text, [port, admin]);
}

/** What `holdfast proxy nginx --site` writes. */
export async function sidText(port: number, hosts: readonly TestHost[]): Promise<string> {
  const { path, remove } = temporaryDirectory();
  const described = await Promise.all(
    hosts.map(async (host) => ({
      number: await host.number(),
      address: host.place.address,
      port: host.fleet.port,
    })),
  );
  writeFileSync(join(path, "site.json"), JSON.stringify({ port, sessions: 1_000, hosts: described }));
  const command = ["proxy", "nginx", "--site", "site.json", "--check", "--out", "nginx.conf"];
  const { code, stderr } = await holdfast(command, { runtime: path, cwd: path });
  if (code !== 0) throw new Error(stderr);
  const text = readFileSync(join(path, "nginx.conf"), "utf8");
  remove();
  return text;
}

/** As a balancer that knows nothing of sessions: each request goes to the next host, or to any. */
function textWithoutSid(port: number, hosts: readonly TestHost[], kind: "round-robin" | "random"): string {
  const turn = kind === "random" ? "    random;\n" : "";
  const servers = hosts.map(({ place, fleet }) => `    server ${place.address}:${fleet.port};`);
  return `worker_processes 1;
events { worker_connections 4096; }
http {
  access_log off;
  proxy_temp_path /tmp;
  client_body_temp_path /tmp;
  upstream hosts {
${turn}${servers.join("\n")}
  }
  map $http_upgrade $connection_of { default upgrade; "" ""; }
  server {
    listen ${port} backlog=1024;
    location / {
      proxy_pass http://hosts;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_of;
      proxy_read_timeout 60s;
      proxy_connect_timeout 2s;
      proxy_buffering off;
    }
  }
}
`;
}
