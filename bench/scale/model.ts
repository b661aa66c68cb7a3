/** Paper scale: what a site of some size has to carry, and what gives way first. Pure. */

import type { Layout, Limits, Load, UnitCosts } from "./figures.js";
import { occupancyOf, roomsOn } from "./occupancy.js";

/** Channel, header and RESP around each message. Bytes. */
const ENVELOPE = 110;
/** One host as it announces itself. Bytes. */
const RECORD = 250;
/** News of one room: its name and what frames it. Bytes. */
const NEWS = 40;
/** A host raises its beat so often in a lease. */
const BEATS = 4;
/** Peers that one mask of the room table holds. */
const GROUP = 31;
const MICROSECONDS = 1e6;

export type LimitName =
  | "Redis, core"
  | "Redis, network"
  | "bridge, core"
  | "bridge, memory"
  | "worker, memory";

export type ScaleRow = Layout & {
  readonly load: string;
  readonly sessions: number;
  readonly rooms: number;
  /** Broadcasts in a second, all hosts together. */
  readonly broadcasts: number;
  /** Other hosts with members of a room, on the average. */
  readonly reach: number;
  /** Messages a second that Redis takes, and gives. */
  readonly redisIn: number;
  readonly redisOut: number;
  /** Of these, news of rooms. */
  readonly newsIn: number;
  readonly newsOut: number;
  /** Bytes a second. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of one core; 1 is all of it. */
  readonly redisCore: number;
  readonly bridgeCore: number;
  /** The same, if no message went to some of the hosts: one to all, wherever a room has members elsewhere. */
  readonly redisCoreAll: number;
  readonly bridgeCoreAll: number;
  /** Bytes. */
  readonly bridgeRooms: number;
  readonly workerRooms: number;
  /** On each host: the mesh, every two of the workers and the bridge; and to other hosts' gateways, when strays go everywhere. */
  readonly meshLinks: number;
  readonly gatewayLinks: number;
  /** In a second, all hosts together. */
  readonly beats: number;
  /** What every beat reads. Bytes. */
  readonly roster: number;
  /** What gives way first, and how many times this load it takes for that; below 1 this load does not fit. */
  readonly limit: LimitName;
  readonly reserve: number;
};

export function scaleRow(layout: Layout, load: Load, costs: UnitCosts, limits: Limits): ScaleRow {
  const { hosts } = layout;
  const sessions = load.sessions * hosts;
  const rooms = Math.max(1, Math.round((sessions * load.roomsEach) / load.members));
  const carried = messagesOf(hosts, sessions, load);
  const news = newsOf(hosts, sessions, rooms, load);
  const beats = beatsOf(hosts, limits);
  const bytes = bytesOf(carried, news, beats, load.bytes);
  const cores = coresOf(hosts, carried, news, beats, bytes, costs);
  const crowded = alwaysToAll(hosts, carried);
  const toAll = coresOf(hosts, crowded, news, beats, bytesOf(crowded, news, beats, load.bytes), costs);
  const memory = memoryOf(layout, rooms, load.members, costs);
  const used: Readonly<Record<LimitName, number>> = {
    "Redis, core": cores.redisCore / limits.core,
    "Redis, network": (Math.max(bytes.bytesIn, bytes.bytesOut) * 8) / limits.network,
    "bridge, core": cores.bridgeCore / limits.core,
    "bridge, memory": memory.bridgeRooms / limits.memory,
    "worker, memory": memory.workerRooms / limits.memory,
  };
  const [limit, share] = Object.entries(used).reduce((most, one) => (one[1] > most[1] ? one : most));
  return {
    ...layout,
    load: load.name,
    sessions,
    rooms,
    broadcasts: carried.broadcasts,
    reach: carried.reach,
    redisIn: carried.direct + carried.toAll + news.toAll,
    redisOut: carried.delivered + news.delivered,
    newsIn: news.toAll,
    newsOut: news.delivered,
    ...bytes,
    ...cores,
    redisCoreAll: toAll.redisCore,
    bridgeCoreAll: toAll.bridgeCore,
    ...memory,
    ...linksOf(layout),
    beats: beats.perSecond,
    roster: hosts * RECORD,
    limit: limit as LimitName,
    reserve: 1 / share,
  };
}

/** Messages a second: to one host, to all hosts at once, and what hosts get of both. */
type Flow = { readonly direct: number; readonly toAll: number; readonly delivered: number };

/** A message to each host with members, or one to all where every other host has some. */
function messagesOf(hosts: number, sessions: number, { members, perSecond }: Load) {
  const { others, all, none } = occupancyOf(hosts, members);
  const broadcasts = sessions * perSecond;
  const direct = broadcasts * (others - all * (hosts - 1));
  const toAll = broadcasts * all;
  return { broadcasts, reach: others, elsewhere: 1 - none, direct, toAll, delivered: broadcasts * others };
}

function alwaysToAll(
  hosts: number,
  { broadcasts, elsewhere }: Flow & { broadcasts: number; elsewhere: number },
): Flow {
  const toAll = broadcasts * elsewhere;
  return { direct: 0, toAll, delivered: toAll * (hosts - 1) };
}

/** The first member of a room that comes to a host, and the last one that leaves, are told to all others. Told one by one: the worst case. */
function newsOf(hosts: number, sessions: number, rooms: number, load: Load): Flow {
  const joins = (sessions * load.roomsEach) / load.stay;
  // Who comes is the first one when no other member is on the host.
  const first = (1 - 1 / hosts) ** (load.members - 1);
  const toAll = rooms === 1 ? 0 : 2 * joins * first;
  return { direct: 0, toAll, delivered: toAll * (hosts - 1) };
}

function beatsOf(hosts: number, { lease }: Limits) {
  const perSecond = (hosts * BEATS * 1_000) / lease;
  return { perSecond, records: perSecond * hosts };
}

function bytesOf(carried: Flow, news: Flow, beats: { perSecond: number; records: number }, bytes: number) {
  const [message, told] = [bytes + ENVELOPE, NEWS + ENVELOPE];
  return {
    bytesIn: (carried.direct + carried.toAll) * message + news.toAll * told + beats.perSecond * RECORD,
    bytesOut: carried.delivered * message + news.delivered * told + beats.records * RECORD,
  };
}

function coresOf(
  hosts: number,
  carried: Flow,
  news: Flow,
  beats: { perSecond: number; records: number },
  { bytesIn, bytesOut }: { bytesIn: number; bytesOut: number },
  costs: UnitCosts,
) {
  const toAll = carried.toAll + news.toAll;
  const delivered = carried.delivered + news.delivered;
  const redis =
    carried.direct * costs.redisDirect +
    toAll * costs.redisPublish +
    (delivered - carried.direct) * costs.redisDelivery +
    (bytesIn / 1_000) * costs.redisKilobyteIn +
    (bytesOut / 1_000) * costs.redisKilobyteOut +
    beats.perSecond * costs.redisBeat +
    beats.records * costs.redisRecord;
  const bridge = ((carried.direct + toAll) * costs.bridgeOut + delivered * costs.bridgeIn) / hosts;
  return { redisCore: redis / MICROSECONDS, bridgeCore: bridge / MICROSECONDS };
}

/** A bridge knows which of the other hosts have members; a worker that of the others on its host, and one more peer: the bridge. */
function memoryOf({ hosts, workers }: Layout, rooms: number, members: number, { room }: UnitCosts) {
  let known = 0;
  for (let left = hosts - 1; left > 0; left -= GROUP)
    known += roomsOn(Math.min(GROUP, left), hosts, rooms, members);
  const own = roomsOn(1, hosts, rooms, members);
  const places = hosts * workers;
  const elsewhere = roomsOn(places - 1, places, rooms, members);
  // Peers beyond the first 31 begin a second table, and so on, each of the host's rooms only.
  const tables = Math.ceil(workers / GROUP) - 1;
  return { bridgeRooms: (known + own) * room, workerRooms: (elsewhere + tables * own) * room };
}

function linksOf({ hosts, workers }: Layout) {
  return { meshLinks: (workers * (workers + 1)) / 2, gatewayLinks: 2 * workers * (hosts - 1) };
}
