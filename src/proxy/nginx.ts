/** Proxy: a whole nginx.conf for a site. Pure. */

import { nginxTables, nginxUpstreams } from "./nginx-upstreams.js";
import { type NginxWords, wordsOf } from "./nginx-version.js";
import { connectionsOf, type Site, silenceOf, sizeOf } from "./site.js";
import { block, fileOf } from "./text.js";

/** More files than connections: nginx has logs, listeners and its own pipes open, too. */
const OTHER_FILES = 512;

/** What a place asks for that is not the site's: lines for the contexts of nginx.conf, and names that come and go. */
export type NginxPlace = {
  readonly main: readonly string[];
  readonly http: readonly string[];
  readonly server: readonly string[];
  /** One name for all that may get new sessions; see nginxUpstreams. */
  readonly ready: string;
};

/** @returns the text of nginx.conf; without a place, pid and log files are where this nginx was built to have them */
export function nginxConfiguration(site: Site, place?: NginxPlace): string {
  return fileOf([
    ...(place?.main ?? introduction(site)),
    "",
    "worker_processes auto;",
    `# ${site.sessions} sessions: two connections each, and some for the rest. Each process may get nearly all of them.`,
    `worker_rlimit_nofile ${connectionsOf(site) + OTHER_FILES};`,
    ...block("events", [`worker_connections ${connectionsOf(site)};`]),
    "",
    ...block("http", http(site, place)),
  ]);
}

function introduction(site: Site): string[] {
  return [
    `# nginx in front of the Holdfast fleet "${site.name}": ${sizeOf(site)}.`,
    "# Written by holdfast proxy nginx. Start the workers with --trust-proxy and the address of this host, so that they",
    "# believe X-Forwarded-For. A reload (nginx -s reload) leaves open connections with the processes that have them.",
  ];
}

function http(site: Site, place?: NginxPlace): string[] {
  const words = wordsOf(site.nginxVersion);
  return [
    "server_tokens off;",
    "access_log off; # a line for each poll adds up: name a file to have it",
    "keepalive_timeout 75s;",
    ...(place?.http ?? []),
    ...nginxTables(site),
    "",
    "# An upgrade is passed on; any other request may leave its connection to the worker open.",
    ...block("map $http_upgrade $connection_upgrade", ["default upgrade;", "'' '';"]),
    "",
    ...nginxUpstreams(site, place?.ready),
    "",
    ...block("server", server(site, words, place)),
    ...redirect(site),
  ];
}

function server(site: Site, words: NginxWords, place?: NginxPlace): string[] {
  return [
    ...listen(site, words),
    `server_name ${site.serverNames.length === 0 ? "_" : site.serverNames.join(" ")};`,
    "",
    "# How large a body may be is the app's business (maxHttpBufferSize), as without nginx.",
    "client_max_body_size 0;",
    "",
    ...(place?.server ?? []),
    ...block("location /", location(site, words, place)),
  ];
}

function listen({ port, tls, http2 }: Site, words: NginxWords): string[] {
  if (tls === undefined) return [`listen ${port} backlog=4096;`];
  return [
    `listen ${port} ssl${http2 && !words.http2Directive ? " http2" : ""} backlog=4096;`,
    ...(http2 && words.http2Directive ? ["http2 on;"] : []),
    `ssl_certificate ${tls.certificate};`,
    `ssl_certificate_key ${tls.key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_cache shared:holdfast:10m;",
    "ssl_session_timeout 1d;",
  ];
}

function location(site: Site, words: NginxWords, place?: NginxPlace): string[] {
  const silence = silenceOf(site);
  return [
    "proxy_pass http://$holdfast_group;",
    ...(words.keepsConnections ? [] : ["proxy_http_version 1.1;"]),
    "proxy_set_header Upgrade $http_upgrade;",
    "proxy_set_header Connection $connection_upgrade;",
    "proxy_set_header Host $http_host;",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    // Inside a cluster TLS ends before this nginx: whoever ended it has said so.
    ...(place === undefined ? ["proxy_set_header X-Forwarded-Proto $scheme;"] : []),
    "# A client's own word about who it is; nginx writes none.",
    'proxy_set_header Forwarded "";',
    "",
    "# Events go out when they are sent.",
    "proxy_buffering off;",
    "proxy_request_buffering off;",
    "",
    `# Longer than pingInterval + pingTimeout (${site.pingInterval} + ${site.pingTimeout} ms): the engine notices first.`,
    `proxy_read_timeout ${silence}s;`,
    `proxy_send_timeout ${silence}s;`,
    "",
    "# A worker that is down is noticed by the requests themselves, and the next one answers.",
    "proxy_connect_timeout 3s;",
    "proxy_next_upstream error timeout;",
    "proxy_next_upstream_tries 3;",
  ];
}

/** Only where both ports are the usual ones: elsewhere port 80 may be somebody else's. */
function redirect({ tls, port, serverNames }: Site): string[] {
  if (tls === undefined || port !== 443) return [];
  const name = serverNames.length === 0 ? "_" : serverNames.join(" ");
  return [
    "",
    ...block("server", ["listen 80;", `server_name ${name};`, "return 301 https://$host$request_uri;"]),
  ];
}
