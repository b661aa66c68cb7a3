/**
 * Bridge: what is done in Redis in one step, as Lua scripts: who claims a number sees that nobody else did. No script looks at a clock.
 * All take the keys of the hosts and of the site, which have one hash tag.
 */

import type { Keys } from "../redis/channels.js";
import type { Client } from "../redis/connection.js";

/**
 * Writes the record into the field, where nothing stands, or exactly what was expected, or a record with this token.
 * ARGV: field, token, record, expected (empty: nothing). Answers what stands there then.
 */
const CLAIM = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
local mine = not now or (ARGV[4] ~= '' and now == ARGV[4])
if now and not mine then
  local ok, record = pcall(cjson.decode, now)
  mine = ok and type(record) == 'table' and record.token == ARGV[2]
end
if not mine then return now end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]`;

/**
 * The beat: writes the record as CLAIM does, says what the site has agreed on where nobody did yet (Redis may have lost it), and
 * reads all. ARGV: field, token, record, then field and value in turn. Answers {all hosts, all of the site}.
 */
const BEAT = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
local mine = not now
if now then
  local ok, record = pcall(cjson.decode, now)
  mine = ok and type(record) == 'table' and record.token == ARGV[2]
end
if mine then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HSET', KEYS[2], unpack(ARGV, 4)) end
end
return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}`;

/** Says what the site agrees on, where nobody did. ARGV: field and value in turn. Answers all of the site. */
const AGREE = `
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('HSET', KEYS[2], unpack(ARGV)) end
return redis.call('HGETALL', KEYS[2])`;

/** Removes a record with this token. ARGV: field, token. */
const LEAVE = `
local now = redis.call('HGET', KEYS[1], ARGV[1])
if not now then return 0 end
local ok, record = pcall(cjson.decode, now)
if ok and type(record) == 'table' and record.token == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0`;

/**
 * Removes exactly these records. ARGV: "site" to remove what the site has agreed on, too, if nobody is left; field and text in turn.
 */
const FORGET = `
for i = 2, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
if ARGV[1] == 'site' and redis.call('EXISTS', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end
return 0`;

const LOOK = `return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}`;

const SCRIPTS = { CLAIM, BEAT, AGREE, LEAVE, FORGET, LOOK };
type Name = keyof typeof SCRIPTS;
type Run = (hosts: string, site: string, ...values: (string | number)[]) => Promise<unknown>;

/** Answers of Redis: flat rows of field and value. */
export type Look = { readonly hosts: readonly string[]; readonly site: readonly string[] };

export class Scripts {
  readonly #client: Client;
  readonly #keys: Keys;

  constructor(client: Client, keys: Keys) {
    this.#client = client;
    this.#keys = keys;
    for (const [name, lua] of Object.entries(SCRIPTS))
      client.defineCommand(commandOf(name as Name), { numberOfKeys: 2, lua });
  }

  async look(): Promise<Look> {
    return lookOf(await this.#run("LOOK"));
  }

  /** @param over what may be written over; null: nothing may stand there @returns whether the number is now this host's */
  async claim(host: number, token: string, record: string, over: string | null): Promise<boolean> {
    return (await this.#run("CLAIM", host, token, record, over ?? "")) === record;
  }

  async beat(
    host: number,
    token: string,
    record: string,
    site: Readonly<Record<string, string>>,
  ): Promise<Look> {
    return lookOf(await this.#run("BEAT", host, token, record, ...Object.entries(site).flat()));
  }

  async agree(site: Readonly<Record<string, string>>): Promise<readonly string[]> {
    return (await this.#run("AGREE", ...Object.entries(site).flat())) as string[];
  }

  async leave(host: number, token: string): Promise<void> {
    await this.#run("LEAVE", host, token);
  }

  /** @param withSite also what the site has agreed on, if nobody is left then */
  async forget(stale: ReadonlyMap<number, string>, withSite = false): Promise<void> {
    await this.#run("FORGET", withSite ? "site" : "", ...[...stale].flat());
  }

  #run(name: Name, ...values: (string | number)[]): Promise<unknown> {
    const run = (this.#client as unknown as Record<string, Run>)[commandOf(name)] as Run;
    return run.call(this.#client, this.#keys.hosts, this.#keys.site, ...values);
  }
}

function commandOf(name: Name): string {
  return `holdfast${name}`;
}

function lookOf(answer: unknown): Look {
  const [hosts, site] = answer as [string[], string[]];
  return { hosts, site };
}
