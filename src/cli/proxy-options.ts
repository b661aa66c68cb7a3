/** CLI: the flags of `holdfast proxy`, as commander reads them. Their values are checked in proxy-site.ts. */

import type { Command } from "commander";

/** As commander hands them over. */
export type ProxyFlags = {
  readonly site?: string;
  readonly name?: string;
  readonly workers?: string;
  readonly listen?: string;
  readonly backend?: readonly string[];
  readonly host?: readonly string[];
  readonly hostNumber?: string;
  readonly serverName?: readonly string[];
  readonly port?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly http2?: boolean;
  readonly sticky?: string;
  readonly stickyHeader?: string;
  readonly pingInterval?: string;
  readonly pingTimeout?: string;
  readonly sessions?: string;
  readonly nginxVersion?: string;
  readonly hosts?: string;
  readonly image?: string;
  readonly namespace?: string;
  readonly out?: string;
  readonly check?: boolean;
};

/** Written again and again, or once with several values. */
const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addProxyOptions(command: Command): Command {
  return kubernetesOptions(
    command
      .option("--site <file>", "a .yml or .json file that describes the site; flags win over it")
      .option(
        "--listen <where>",
        "where the workers listen: ports:4000 (slot i on 4000 + i) or pipes:/folder (default: as the running fleet does)",
      )
      .option("-w, --workers <n>", "how many workers (default: as many as the running fleet has)")
      .option("--name <name>", "which fleet (HOLDFAST_NAME; default: the only one that runs)")
      .option("--backend <host:port>", "where one worker listens, in the order of slots; repeat it", several)
      .option(
        "--host <host:port>",
        "where all workers of a host listen, in the order of host numbers; repeat it",
        several,
      )
      .option(
        "--host-number <n>",
        "the --host-number of the fleet (default: 0, or that of the running fleet)",
      )
      .option("--server-name <name>", "public name; repeat it (default: every name)", several)
      .option("--port <port>", "public port (default: 80, with TLS 443)")
      .option("--tls-cert <file>", "certificate, with its chain")
      .option("--tls-key <file>", "its key")
      .option("--http2", "HTTP/2 for clients")
      .option(
        "--sticky <way>",
        "how a session keeps its worker: sid, ip-hash, cookie or header (default: sid)",
      )
      .option("--sticky-header <name>", "the header for --sticky header, such as X-User")
      .option("--ping-interval <time>", "of the app's engine (default: 25000 ms)")
      .option("--ping-timeout <time>", "of the app's engine (default: 20000 ms)")
      .option("--sessions <n>", "how many sessions may be open at once (default: 10000)")
      .option("--nginx-version <version>", "use the words of this nginx, such as 1.26.3"),
  )
    .option("--check", "let the real proxy check the text first")
    .option("--out <file>", "write the file instead of printing it");
}

function kubernetesOptions(command: Command): Command {
  return command
    .option("--hosts <n>", "kubernetes: how many pods (default: 2)")
    .option("--image <image>", "kubernetes: the image of the app, whose command is holdfast start")
    .option("--namespace <name>", "kubernetes: where it runs (default: default)");
}
