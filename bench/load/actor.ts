/** Load client, thread: who repeats one operation in a closed loop, for each load. */

import type { Agent } from "node:http";
import type { LoadName } from "../workloads.js";
import type { Endpoint } from "./endpoint.js";
import { PollingSession } from "./polling-session.js";
import type { Session } from "./session.js";
import { WebSocketSession } from "./websocket-session.js";

export type Actor = {
  operation(): Promise<void>;
  /** Ends what the actor still has open. */
  close(): Promise<void>;
};

export type Surroundings = {
  nextEndpoint(): Endpoint;
  /** Connections that sessions share, or undefined where each opens its own. */
  agentFor(endpoint: Endpoint): Agent | undefined;
  /** Called with the serving process of every session. */
  sessionOn(worker: string): void;
};

/** @returns an actor that is ready for its first operation */
export async function createActor(load: LoadName, surroundings: Surroundings): Promise<Actor> {
  return load === "echo" ? echoActor(surroundings) : sessionActor(SESSIONS[load], surroundings);
}

type UseSession = (surroundings: Surroundings, endpoint: Endpoint) => Promise<Session>;

const SESSIONS: Readonly<Record<Exclude<LoadName, "echo">, UseSession>> = {
  websocket: (_surroundings, endpoint) => WebSocketSession.open(endpoint),
  upgrade: async ({ agentFor }, endpoint) => {
    const session = await PollingSession.openAndUpgrade(endpoint, agentFor(endpoint));
    await orAbandon(session, session.echo(nextText()));
    return session;
  },
  polling: async ({ agentFor }, endpoint) => {
    const session = await PollingSession.open(endpoint, agentFor(endpoint));
    await orAbandon(session, Promise.all([session.echo(nextText()), session.echo(nextText())]));
    return session;
  },
};

/** One session for all operations; an operation is one echo. */
async function echoActor({ nextEndpoint, sessionOn }: Surroundings): Promise<Actor> {
  const session = await WebSocketSession.open(nextEndpoint());
  sessionOn(session.worker);
  return {
    operation: () => orAbandon(session, session.echo(nextText())),
    close: () => session.close(),
  };
}

/** An operation is the whole life of one session. */
function sessionActor(use: UseSession, surroundings: Surroundings): Actor {
  return {
    async operation() {
      const session = await use(surroundings, surroundings.nextEndpoint());
      surroundings.sessionOn(session.worker);
      await orAbandon(session, session.close());
    },
    close: () => Promise.resolve(),
  };
}

async function orAbandon<T>(session: Session, work: Promise<T>): Promise<void> {
  try {
    await work;
  } catch (error) {
    session.abandon();
    throw error;
  }
}

let texts = 0;

/** No two messages of a thread are alike, so that an answer to the wrong question is seen. */
function nextText(): string {
  texts += 1;
  return `message ${texts} `.padEnd(64, ".");
}
