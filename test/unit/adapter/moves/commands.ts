/** What happens in the test of moving sessions, as data. Numbers choose among what there is. */

import fc from "fast-check";

export type Command =
  /** To all, to a room that half of the sessions are in, to one, to the sender's own room, or to all but one. */
  | { do: "say"; by: number; to: "all" | "half" | "one" | "own" | "but one"; who: number }
  /** The sender's own room. */
  | { do: "join" | "leave"; by: number; who: number }
  | { do: "ask"; by: number }
  | { do: "open"; from: number; to: number }
  | { do: "depart"; pair: number; count: number }
  | { do: "arrive"; pair: number }
  | { do: "take back"; pair: number }
  | { do: "close"; pair: number }
  | { do: "hold" | "release"; from: number; to: number }
  | { do: "pause"; turns: number }
  | { do: "add" }
  | { do: "kill"; who: number }
  | { do: "stall" | "resume"; who: number };

const number = fc.nat(20);
const constant = <T extends string>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const calm: [fc.Arbitrary<Command>, weight: number][] = [
  [
    fc.record({
      do: constant("say"),
      by: number,
      to: constant("all", "half", "one", "own", "but one"),
      who: number,
    }),
    10,
  ],
  [fc.record({ do: constant("join", "leave"), by: number, who: number }), 3],
  [fc.record({ do: constant("open"), from: number, to: number }), 2],
  [fc.record({ do: constant("depart"), pair: number, count: fc.nat(3) }), 5],
  [fc.record({ do: constant("arrive"), pair: number }), 4],
  [fc.record({ do: constant("take back"), pair: number }), 1],
  [fc.record({ do: constant("close"), pair: number }), 2],
  [fc.record({ do: constant("hold", "release"), from: number, to: number }), 3],
  [fc.record({ do: constant("pause"), turns: fc.nat(4) }), 4],
];

const faults: typeof calm = [
  [fc.record({ do: constant("add") }), 1],
  [fc.record({ do: constant("kill"), who: number }), 1],
  [fc.record({ do: constant("stall", "resume"), who: number }), 2],
];

export function commands(options: { faults: boolean }): fc.Arbitrary<Command[]> {
  const all = options.faults ? [...calm, ...faults] : calm;
  const one = fc.oneof(...all.map(([arbitrary, weight]) => ({ arbitrary, weight })));
  return fc.array(one, { maxLength: 60, size: "max" });
}
