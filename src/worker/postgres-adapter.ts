/**
 * Worker: Socket.IO's adapter for PostgreSQL, with a pool of connections that is Holdfast's. Tried with @socket.io/postgres-adapter
 * 0.5.0 and pg 8.23.1. All that is used of either is public.
 */

import type { AdapterConstructor } from "./internals/socket-io.js";

export type PostgresAdapterPackage = {
  createAdapter(pool: PostgresPool, options: object): AdapterConstructor;
};
export type Pg = { readonly Pool: new (options: object) => PostgresPool };

export type PostgresPool = {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "connect", listener: (client: Pick<PostgresPool, "on">) => void): unknown;
  query(sql: string): Promise<unknown>;
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
};

export type PostgresAdapter = {
  readonly adapter: AdapterConstructor;
  /** Tells the other servers that this one is gone: else they wait for its answers until its last heartbeat is 10 s old. */
  leave(): Promise<void>;
};

type Closable = { close(): unknown };

/** Of messages that are binary, or larger than a notification may be. As the README of the adapter has it. */
const TABLE = "socket_io_attachments";
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)`;
const UNDEFINED_TABLE = "42P01";
/** `IF NOT EXISTS` does not hold against another worker that creates it in the same moment. */
const ANOTHER_WAS_FIRST = ["23505", "42P07"];
/** Milliseconds. */
const AGAIN = 5000;
const FAREWELL = 1000;
const TICK = 10;

/** @param complain hears of each trouble with the server; the adapter itself would keep it for those who debug */
export function postgresAdapter(
  { createAdapter }: PostgresAdapterPackage,
  { Pool }: Pg,
  url: string,
  complain: (error: Error) => void,
): PostgresAdapter {
  // One listens, one speaks: with more, what a worker says second may arrive first. The app alone decides how long its process lives.
  const pool = new Pool({ connectionString: url, max: 2, allowExitOnIdle: true });
  pool.on("error", complain);
  // A connection that the adapter keeps is not the pool's to watch, and nobody else does: the worker would die of its end.
  pool.on("connect", (client) => client.on("error", complain));
  void prepare(pool, complain);
  const { adapter, closeAll } = remembering(createAdapter(pool, { errorHandler: complain }));
  return {
    adapter,
    leave: async () => {
      closeAll();
      const until = Date.now() + FAREWELL;
      while (isBusy(pool) && Date.now() < until) await pause(TICK);
    },
  };
}

const isBusy = ({ waitingCount, idleCount, totalCount }: PostgresPool): boolean =>
  waitingCount > 0 || idleCount < totalCount;

/** Again and again while the server is away. */
async function prepare(pool: PostgresPool, complain: (error: Error) => void): Promise<void> {
  try {
    // Asked first: who may not create tables may not say IF NOT EXISTS either.
    await pool.query(`SELECT FROM ${TABLE} LIMIT 0`).catch((error: unknown) => {
      if (codeOf(error) === UNDEFINED_TABLE) return pool.query(CREATE);
      throw error;
    });
  } catch (error) {
    if (ANOTHER_WAS_FIRST.includes(codeOf(error))) return;
    complain(error as Error);
    setTimeout(() => void prepare(pool, complain), AGAIN).unref();
  }
}

/** Those that it makes, one for each namespace; each is closed once, by the app or by us. */
function remembering(create: AdapterConstructor): { adapter: AdapterConstructor; closeAll(): void } {
  const open = new Set<Closable>();
  function adapter(namespace: never): Closable {
    const made = new create(namespace) as Closable;
    const close = made.close.bind(made);
    made.close = () => (open.delete(made) ? close() : undefined);
    open.add(made);
    return made;
  }
  return {
    adapter: adapter as unknown as AdapterConstructor,
    closeAll: () => {
      for (const one of open) one.close();
    },
  };
}

const codeOf = (error: unknown): string => `${(error as { code?: unknown }).code}`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
