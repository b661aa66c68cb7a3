/** Servers: the text of nginx.conf, and what any such text needs to run from a folder of its own. Pure. */

export type NginxOptions = {
  readonly front: number;
  readonly backends: readonly number[];
};

/** As good as nginx gets with ip_hash: kept upstream connections, no logs. */
export function ipHashConfiguration({ front, backends }: NginxOptions): string {
  return `worker_processes auto;
worker_rlimit_nofile 20000;
events { worker_connections 10000; }
http {
  access_log off;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream workers {
    ip_hash;
    ${backends.map((port) => `server 127.0.0.1:${port};`).join("\n    ")}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${front} backlog=4096;
    location / {
      proxy_pass http://workers;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
`;
}

/** @returns `text`, so that nginx stays in the foreground and writes in `directory` only; nothing else is changed */
export function inDirectory(text: string, directory: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const paths = kinds.map((kind) => `  ${kind}_temp_path ${directory}/${kind};`);
  const own = `daemon off;\npid ${directory}/nginx.pid;\nerror_log ${directory}/error.log;\n`;
  return own + text.replace(/^http \{$/m, ["http {", ...paths].join("\n"));
}
