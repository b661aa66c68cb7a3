/** CLI: the flags of `holdfast proxy`, as commander reads them. Their values are checked in proxy-site.ts. */

import type { Command } from "commander";

/** Written again and again, or once with several values. */
const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addProxyOptions(command: Command): Command {
  return command
    .option("--listen <where>", "where the workers listen: ports:4000 (slot i on 4000 + i) or pipes:/folder")
    .option("-w, --workers <n>", "how many workers (default: as many as the running fleet has)")
    .option("--name <name>", "which fleet (HOLDFAST_NAME; default: the only one that runs)")
    .option("--backend <host:port>", "where one worker listens, in the order of slots; repeat it", several)
    .option("--server-name <name>", "public name; repeat it (default: every name)", several)
    .option("--port <port>", "public port (default: 80, with TLS 443)")
    .option("--tls-cert <file>", "certificate, with its chain")
    .option("--tls-key <file>", "its key")
    .option("--http2", "HTTP/2 for clients")
    .option("--sticky <way>", "how a session keeps its worker: sid, ip-hash, cookie or header (default: sid)")
    .option("--sticky-header <name>", "the header for --sticky header, such as X-User")
    .option("--ping-interval <ms>", "of the app's engine (default: 25000)")
    .option("--ping-timeout <ms>", "of the app's engine (default: 20000)")
    .option("--sessions <n>", "how many sessions may be open at once (default: 10000)")
    .option("--nginx-version <version>", "use the words of this nginx, such as 1.26.3")
    .option("--check", "let the real proxy check the text first")
    .option("--out <file>", "write the file instead of printing it");
}
