/** Paper scale: what is put into the calculation. Types only. */

/** Measured with the real thing; see `measure/`. Microseconds of processor time, and bytes. */
export type UnitCosts = {
  /** Of redis-server: one message to one host, taken and given. */
  readonly redisDirect: number;
  /** Of redis-server: to take one message to all (SPUBLISH, each in a segment of its own), and to give it to one host. */
  readonly redisPublish: number;
  readonly redisDelivery: number;
  /** Of redis-server, for each kilobyte of a message more, to take and to give. */
  readonly redisKilobyteIn: number;
  readonly redisKilobyteOut: number;
  /** Of redis-server: one beat, and each record of the roster that it reads. */
  readonly redisBeat: number;
  readonly redisRecord: number;
  /** Of a bridge: to bring one message to Redis, and to bring one that came from it to the workers with members. */
  readonly bridgeOut: number;
  readonly bridgeIn: number;
  /** Memory of one room in the table of a bridge or a worker, for each 31 peers that it is told of. */
  readonly room: number;
};

/** Everything that an app does. */
export type Load = {
  readonly name: string;
  /** Open on each host. */
  readonly sessions: number;
  /** Rooms that each session is in; that of its own id is not counted, since the id names the host. */
  readonly roomsEach: number;
  readonly members: number;
  /** Broadcasts to a room that each session causes in a second. */
  readonly perSecond: number;
  /** Of a message, encoded. */
  readonly bytes: number;
  /** How long a session stays. Seconds. */
  readonly stay: number;
};

/** What there is. */
export type Limits = {
  /** Of one core that one process may use. */
  readonly core: number;
  /** Memory of a process for rooms. Bytes. */
  readonly memory: number;
  /** Of the network card of Redis's machine, each way. Bits a second. */
  readonly network: number;
  /** Milliseconds. */
  readonly lease: number;
};

export type Layout = { readonly hosts: number; readonly workers: number };
