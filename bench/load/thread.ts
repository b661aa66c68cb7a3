/** Load client, worker thread: carries out the commands of the main thread, one at a time. */

import type { Agent } from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import { createActor } from "./actor.js";
import { ClosedLoop } from "./closed-loop.js";
import type { CommandName, Commands, Reply, Request, ThreadData } from "./commands.js";
import { type Endpoint, endpointOf } from "./endpoint.js";
import { recordMicroseconds } from "./histogram.js";
import { sharedConnections } from "./http-client.js";
import { IdleSessions } from "./idle-sessions.js";
import { type Counts, count } from "./tally.js";

const data = workerData as ThreadData;
let failures: Counts = {};
let sessions: Counts = {};
const agents = new Map<number, Agent>();
const listeners = {
  sessionOn: (worker: string) => count(sessions, worker),
  succeeded: (duration: number) => recordMicroseconds(data.latencies, duration * 1000),
  failed: (error: Error) => count(failures, error.message),
};
const idle = new IdleSessions({ ...listeners, nextEndpoint });
let loop: ClosedLoop | undefined;
let opened = 0;

type Handlers = {
  [Name in CommandName]: (
    given: Commands[Name]["arguments"],
  ) => Commands[Name]["result"] | Promise<Commands[Name]["result"]>;
};

const handlers: Handlers = {
  start: ({ load, concurrency }) => {
    const create = () => createActor(load, { ...listeners, nextEndpoint, agentFor });
    loop = new ClosedLoop({ ...listeners, concurrency, createActor: create });
    return undefined;
  },
  stop: () => loop?.stop().then(() => undefined),
  open: async ({ count: number, oneAfterAnother }) => {
    await (oneAfterAnother ? idle.openOneAfterAnother(number) : idle.openMany(number));
    return undefined;
  },
  settle: () => idle.settle(),
  close: () => idle.close().then(() => undefined),
  tally: () => {
    const tally = { failures, sessions };
    failures = {};
    sessions = {};
    return tally;
  },
};

parentPort?.on("message", (request: Request) => {
  carryOut(request).then(
    (result) => reply({ result }),
    (error: Error) => reply({ error }),
  );
});

async function carryOut<Name extends CommandName>(request: Request<Name>): Promise<Commands[Name]["result"]> {
  return handlers[request.name](request.arguments);
}

function reply(message: Reply): void {
  parentPort?.postMessage(message);
}

/** Threads begin at different ports, so that each port gets as many sessions as the others. */
function nextEndpoint(): Endpoint {
  const session = opened * data.threads + data.thread;
  const { localAddress } = endpointOf(session, data.ports, data.sources);
  const { port } = endpointOf(opened + data.thread, data.ports);
  opened += 1;
  return { port, localAddress };
}

function agentFor({ port }: Endpoint): Agent | undefined {
  if (!data.sharedConnections) return undefined;
  const agent = agents.get(port) ?? sharedConnections();
  agents.set(port, agent);
  return agent;
}
