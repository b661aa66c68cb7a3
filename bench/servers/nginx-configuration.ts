/** Servers: the text of nginx.conf. As good as nginx gets with ip_hash: kept upstream connections, no logs. Pure. */

export type NginxOptions = {
  readonly front: number;
  readonly backends: readonly number[];
  readonly directory: string;
};

export function nginxConfiguration({ front, backends, directory }: NginxOptions): string {
  return `daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 10000; }
http {
  access_log off;
  ${temporaryPaths(directory)}
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

function temporaryPaths(directory: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join("\n  ");
}
