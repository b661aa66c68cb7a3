/** What may happen in the churn test, as fast-check draws it. A choice is a number that picks one of what there is at that moment. */

import fc from "fast-check";

const choice = fc.nat(59);
const choices = (minLength: number, maxLength: number) => fc.array(choice, { minLength, maxLength });
const how = fc.constantFrom("join", "leave");

const emit = fc.record({
  do: fc.constant("emit"),
  via: fc.constantFrom("io", "io", "socket", "client"),
  by: choice,
  to: choices(0, 3),
  except: fc.oneof({ arbitrary: fc.constant<number[]>([]), weight: 3 }, choices(1, 2)),
});
/** One socket changes its own rooms, because its worker says so or because its client asks. */
const move = fc.record({
  do: fc.constant("move"),
  how,
  via: fc.constantFrom("server", "server", "client"),
  who: choice,
  rooms: choices(1, 2),
});
/** A worker changes the rooms of all sockets of some rooms. */
const moveAll = fc.record({
  do: fc.constant("moveAll"),
  how,
  by: choice,
  to: choices(0, 2),
  rooms: choices(1, 2),
});
const connect = fc.record({ do: fc.constant("connect"), by: choice });
const disconnect = fc.record({
  do: fc.constant("disconnect"),
  side: fc.constantFrom("client", "server"),
  who: choice,
});
const pause = fc.record({ do: fc.constant("pause"), turns: fc.nat(3) });
const settle = fc.record({ do: fc.constant("settle") });
/** In a slot that is free, or beside a worker of an older generation as during a reload. */
const addWorker = fc.record({ do: fc.constant("addWorker"), reload: fc.boolean(), by: choice });
const endWorker = fc.record({
  do: fc.constant("endWorker"),
  how: fc.constantFrom("server", "mesh"),
  by: choice,
});
const cut = fc.record({ do: fc.constant("cut"), a: choice, b: choice });

type Drawn<A> = A extends fc.Arbitrary<infer Value> ? Value : never;
type Of<Kind extends Command["do"]> = Extract<Command, { do: Kind }>;

export type Emit = Of<"emit">;
export type Move = Of<"move">;
export type MoveAll = Of<"moveAll">;

export type Command =
  | Drawn<typeof emit>
  | Drawn<typeof move>
  | Drawn<typeof moveAll>
  | Drawn<typeof connect>
  | Drawn<typeof disconnect>
  | Drawn<typeof pause>
  | Drawn<typeof settle>
  | Drawn<typeof addWorker>
  | Drawn<typeof endWorker>
  | Drawn<typeof cut>;

type Weighted = { readonly arbitrary: fc.Arbitrary<Command>; readonly weight: number };

const sequence = (maxLength: number, ...from: readonly Weighted[]): fc.Arbitrary<Command[]> =>
  fc.array(fc.oneof(...from), { minLength: 4, maxLength, size: "max" });

const quiet: readonly Weighted[] = [
  { arbitrary: emit, weight: 10 },
  { arbitrary: move, weight: 7 },
  { arbitrary: moveAll, weight: 3 },
  { arbitrary: pause, weight: 2 },
  { arbitrary: settle, weight: 2 },
];
const churn: readonly Weighted[] = [
  { arbitrary: connect, weight: 1 },
  { arbitrary: disconnect, weight: 1 },
  { arbitrary: addWorker, weight: 1 },
  { arbitrary: endWorker, weight: 1 },
];

/** Rooms change; nobody comes or goes. */
export const steady = sequence(40, ...quiet);
/** Clients and workers come and go. */
export const churning = sequence(40, ...quiet, ...churn);
/** And links between living workers break. */
export const breaking = sequence(30, ...quiet, ...churn, { arbitrary: cut, weight: 4 });
