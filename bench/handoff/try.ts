/** Handoff benchmark: tries by hand what clients notice of reloads, with small numbers: `node bench/handoff-try.mjs --help`. */

import { type Fault, FaultOrders } from "../../test/helpers/traffic/fault-orders.js";
import { flawsOf, KINDS, type Kind, type TrafficReport } from "../../test/helpers/traffic/report.js";
import { Traffic } from "../../test/helpers/traffic/traffic.js";
import { runCommand, say } from "../command.js";
import { parseFlags } from "../options.js";
import { temporaryDirectory } from "../servers/temporary.js";
import { TestedFleet } from "./fleet.js";

const USAGE = `node bench/handoff-try.mjs [options]      prints the report of the clients as JSON; exit code 1: they noticed something

  --workers N       workers of the fleet (2); 0: one plain process without Holdfast
  --url URL         a server that runs already, with test/fixtures/handoff/app.mjs; nothing is reloaded
  --reloads N       in a row (1)
  --scale N,M       numbers of workers, one after another, behind the reloads; new slots get their share of the sessions
  --seconds N       of traffic before, between and after the reloads (2)
  --newcomers N     new clients in a second, all through (0)
  --every MS        from one number of a client to the next (250)
  ${KINDS.map((kind) => `--${kind} N`).join(", ")}    clients of each kind (20, 6, 6, 0, 0, 0)
  --fault JSON      a fault in the first reload, such as '{"at":"recovered","nth":3}' or '{"at":"departed","victim":"other","signal":"SIGSTOP"}';
                    see test/helpers/traffic/fault-orders.ts
  --output          print what the fleet says, too
`;

const FLAGS = {
  workers: { type: "string", default: "2" },
  url: { type: "string" },
  reloads: { type: "string", default: "1" },
  scale: { type: "string", default: "" },
  seconds: { type: "string", default: "2" },
  newcomers: { type: "string", default: "0" },
  every: { type: "string", default: "250" },
  websocket: { type: "string", default: "20" },
  polling: { type: "string", default: "6" },
  upgrade: { type: "string", default: "6" },
  eio3: { type: "string", default: "0" },
  "eio3-polling": { type: "string", default: "0" },
  deflate: { type: "string", default: "0" },
  fault: { type: "string" },
  output: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>;

await runCommand(main, "node bench/handoff-try.mjs --help");

async function main(args: readonly string[]): Promise<number> {
  const values = parseFlags(args, FLAGS);
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const faults = new FaultOrders(temporaryDirectory());
  const fleet = values.url === undefined ? await start(values, faults) : undefined;
  try {
    if (values.fault !== undefined) faults.order(JSON.parse(values.fault) as Fault);
    const report = await talkThroughReloads(fleet, fleet?.url ?? `${values.url}`, values);
    const flaws = flawsOf(report);
    process.stdout.write(`${JSON.stringify({ flaws, ...report }, undefined, 2)}\n`);
    return flaws.length === 0 ? 0 : 1;
  } finally {
    if (values.output) say(fleet?.child.output ?? "");
    await fleet?.stop();
  }
}

async function talkThroughReloads(
  fleet: TestedFleet | undefined,
  url: string,
  values: Values,
): Promise<TrafficReport> {
  const clients = Object.fromEntries(KINDS.map((kind: Kind) => [kind, Number(values[kind])]));
  const traffic = await Traffic.arrive(url, { clients, every: Number(values.every) });
  say(`all clients are here, by slot: ${JSON.stringify(await traffic.slots())}`);
  const wait = (): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1_000));
  if (Number(values.newcomers) > 0) await traffic.newcomers(Number(values.newcomers));
  await wait();
  for (const change of values.workers === "0" ? [] : changesOf(values)) {
    const outcome = await (change === "reload" ? fleet?.reload() : fleet?.scale(change));
    say(outcome?.failed ?? `${outcome?.said} (${outcome?.ms} ms)`);
    await wait();
  }
  return traffic.finish();
}

function changesOf({ reloads, scale }: Values): ("reload" | number)[] {
  const numbers = scale.split(",").filter((number) => number !== "");
  return [...Array<"reload">(Number(reloads)).fill("reload"), ...numbers.map(Number)];
}

function start(values: Values, faults: FaultOrders): Promise<TestedFleet> {
  const compresses: Record<string, string> = values.deflate === "0" ? {} : { DEFLATE: "1" };
  return TestedFleet.start(Number(values.workers), [], { ...compresses, ...faults.env });
}
