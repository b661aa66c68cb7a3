/** Test helper: sites to write configurations for. */

import { podAddress } from "../../../src/proxy/kubernetes-names.js";
import type { Backend, Site } from "../../../src/proxy/site.js";

export const FOUR: readonly Backend[] = [0, 1, 2, 3].map((slot) => ({
  slot,
  address: `127.0.0.1:${4000 + slot}`,
}));

/** Four workers on ports of this host, as `holdfast proxy nginx --listen ports:4000 --workers 4` describes them. */
export const PLAIN: Site = {
  name: "chat",
  serverNames: [],
  port: 80,
  http2: false,
  hosts: [{ number: 0, backends: FOUR }],
  pingInterval: 25_000,
  pingTimeout: 20_000,
  sessions: 10_000,
  sticky: "sid",
};

export const SECURE: Site = {
  ...PLAIN,
  serverNames: ["chat.example.com", "www.example.com"],
  port: 443,
  tls: { certificate: "/etc/ssl/chat.crt", key: "/etc/ssl/chat.key" },
  http2: true,
};

/** Hosts whose workers share a port; the second one has twice the processors. Its number is a word that YAML takes for `false`. */
export const WHOLE_HOSTS: Site = {
  ...PLAIN,
  hosts: [
    { number: 0, backends: [{ address: "10.0.0.1:3000" }] },
    { number: 852, backends: [{ address: "chat-b.example:3000", weight: 2 }] },
  ],
};

/** As `holdfast proxy kubernetes --name chat --image registry.example.com/chat:1 --hosts 3` describes it. */
export const PODS: Site = {
  ...PLAIN,
  nginxVersion: "1.30.0",
  hosts: [0, 1, 2].map((number) => ({
    number,
    backends: [{ address: podAddress({ name: "chat", namespace: "live" }, number) }],
  })),
  kubernetes: { namespace: "live", image: "registry.example.com/chat:1", workers: 2 },
};

/** Unix sockets on the first host, and a second host. */
export const TWO_HOSTS: Site = {
  ...PLAIN,
  hosts: [
    { number: 0, backends: [0, 1, 2].map((slot) => ({ slot, address: `unix:/run/chat/${slot}.sock` })) },
    { number: 35, backends: [0, 7].map((slot) => ({ slot, address: `10.0.0.2:${4000 + slot}` })) },
  ],
};
