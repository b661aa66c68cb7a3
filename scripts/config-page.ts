/** Development: docs/config.md, made from the table of settings. `npm run docs:config` writes it; a unit test compares. */

import type { Setting, SettingGroup } from "../src/config/setting.js";
import { SETTINGS } from "../src/config/setting-table.js";

const INTRODUCTION = `# Configuration

<!-- Made from src/config/setting-table.ts by "npm run docs:config". Do not edit. -->

Every setting has a flag of \`holdfast start\`, an environment variable and a key in a configuration file. A flag wins over the
environment, the environment over the file, the file over the default. A variable that is empty counts as not set. A value that cannot be
used ends in one sentence and exit code 2.

Times are milliseconds, or text with a unit: \`500\`, \`500ms\`, \`30s\`, \`2m\`, \`1h\`.
`;

const BEHIND = `## The file

\`holdfast.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\` or \`.json\` in the folder where \`holdfast start\` runs, or the file that \`--config\` names:

\`\`\`ts
import { defineConfig } from "holdfast";

export default defineConfig({
  workers: "50%",
  policy: "ip-hash",
  trustProxy: ["loopback"],
  drainTimeout: "1m",
});
\`\`\`

## What belongs to the command line only

| flag | environment | meaning |
|---|---|---|
| \`-c, --config <file>\` | \`HOLDFAST_CONFIG\` | Configuration file to read instead of \`holdfast.config.*\`. |
| \`--cwd <folder>\` | \`HOLDFAST_CWD\` | Folder to run in: the entry, the configuration file and the app's own relative paths are looked for there. |
| \`-i, --instances <n>\` | | The same as \`--workers\`, for users of pm2. |
| \`--name <name>\` | \`HOLDFAST_NAME\` | With \`status\`, \`reload\`, \`scale\` and \`stop\`: which fleet; needed only where several run. |
| \`--json\` | | With the same commands: the answer as JSON. |
| \`--site\` | | With \`status\`: all hosts that \`--redis\` joins. |
| \`-q, --quiet\` | | With \`status\`: nothing is printed; exit code 0 if the fleet serves, as \`/readyz\` of \`--admin\` says, and 1 if not. |
| | \`HOLDFAST_RUNTIME_DIR\` | Folder of the control sockets. Default: \`XDG_RUNTIME_DIR/holdfast\`, else a folder of this user in the temporary directory. |

## PORT, HOST and other variables of the app

The environment goes to the app unchanged. An app that reads \`PORT\` or \`HOST\` finds them as always, and Holdfast does not look at them:
only \`--port\`, \`--host\` and \`--listen\`, with their twins, move the app's first listener (and then the app also finds them in \`PORT\` and \`HOST\`; with
\`--listen ports:4000\` each worker finds its own port in \`PORT\`). What a socket for each worker is good for: [listening.md](listening.md).
Besides, the app finds \`HOLDFAST_SLOT\`, \`HOLDFAST_GENERATION\`, \`HOLDFAST_WORKERS\` and \`NODE_APP_INSTANCE\` (the slot).

\`WEB_CONCURRENCY\` is what many platforms set. Where \`WEB_CONCURRENCY_SET_BY\` says that a buildpack worked it out from the memory, it counts
only up to the number of processors.

## An adapter of Socket.IO's own

\`--adapter\` gives \`io\` one of Socket.IO's adapters in the place of Holdfast's, without a line in the app; an app that sets one itself (\`io.adapter(…)\`) keeps that. Package and client library are the app's:

| \`--adapter\` | the app has installed | \`--adapter-url\` begins with |
|---|---|---|
| \`redis\`, \`redis-sharded\` | \`@socket.io/redis-adapter\`, and \`ioredis\` or \`redis\` | \`redis://\`, \`rediss://\` |
| \`redis-streams\` | \`@socket.io/redis-streams-adapter\`, and \`ioredis\` or \`redis\` | the same |
| \`postgres\` | \`@socket.io/postgres-adapter\` and \`pg\`; its table \`socket_io_attachments\` is made where it is missing | \`postgres://\` |
| \`mongo\` | \`@socket.io/mongo-adapter\` and \`mongodb\`; a replica set | \`mongodb://\`, \`mongodb+srv://\` |

What was run, with real servers and socket.io 4.8.4: the Redis adapters with \`ioredis\` in the tests of each change; and by hand, on two fleets with two workers each, with rooms, private messages, \`fetchSockets\`, \`serverSideEmitWithAck\`,
\`emitWithAck\`, a reload and a server that goes away: \`@socket.io/redis-adapter\` 8.3.0 (both ways) and \`@socket.io/redis-streams-adapter\` 0.3.1 with \`redis\` 6.3.1 on Redis 7.0, \`@socket.io/postgres-adapter\` 0.5.0 with \`pg\` 8.23.1 on PostgreSQL 15.
\`mongo\` has **not been run**: it is put together as its page says, and its workers do not start while MongoDB is away.

Every worker has connections of its own to that server (two with \`redis\`, \`redis-sharded\` and \`postgres\`, three with \`redis-streams\`), and all broadcasts pass it. All fleets that use the same adapter on the same server hear each other, whatever their names: Redis' channels do not
heed the number of a database either. Give each app a server, or with \`postgres\` a database, of its own. Sessions are kept, placed and moved as always. What only Holdfast's adapter promises is gone: [exactly once](broadcasts.md) while sessions move ([what that means](reload.md#with-another-adapter)),
answers at once when a worker dies, sending just where members are. With \`--redis\` the hosts still know each other and bring strays to one another; the bridge then carries no broadcasts.

## Secrets

A password in \`--redis\`, and \`--site-secret\`, can be seen by everybody on the machine who runs \`ps\`. Write them into \`HOLDFAST_REDIS_URL\` and \`HOLDFAST_SITE_SECRET\`, or into a configuration file that only this user may read; one in \`--adapter-url\` into \`HOLDFAST_ADAPTER_URL\`. \`holdfast unit\` [refuses them](deploy/systemd.md#passwords), since everybody may read a unit. The log, \`holdfast status\` and errors show no
password; workers get no more of it than stands in the environment that you gave them.

## TypeScript

A \`.ts\`, \`.mts\` or \`.cts\` entry runs as it is, on Node 20 too. What compiles it is chosen in this order:

1. a loader that you name in \`--node-args\` or \`NODE_OPTIONS\` (tsx, ts-node, swc-node, oxc-node, jiti, Node's own \`--experimental-strip-types\`),
2. where the app's tsconfig.json turns on \`emitDecoratorMetadata\`, as NestJS needs it: \`@swc-node/register\`, else \`@oxc-node/core\`, of the app,
3. else tsx: the app's own, or the one that comes with Holdfast.
`;

/** The whole page as Markdown. */
export function configPage(): string {
  const groups = [...new Set(SETTINGS.map((setting) => setting.group))];
  return [INTRODUCTION, ...groups.map(groupTable), BEHIND].join("\n");
}

function groupTable(group: SettingGroup): string {
  const rows = SETTINGS.filter((setting) => setting.group === group).map(tableRow);
  return `## ${group}\n\n| flag | environment | file | default | meaning |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
}

function tableRow(setting: Setting): string {
  const environment = setting.env.map((name) => `\`${name}\``).join(", ");
  return `| \`${setting.flag}\` | ${environment} | \`${setting.key}\` | ${defaultOf(setting)} | ${setting.meaning} |`;
}

function defaultOf(setting: Setting): string {
  if (setting.defaultText !== undefined) return setting.defaultText;
  return Array.isArray(setting.default) ? "none" : `\`${setting.default}\``;
}
