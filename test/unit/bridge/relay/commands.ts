/** What happens in the test of sessions that move while other hosts send, as data. Numbers choose among what there is. */

import fc from "fast-check";

export type Command =
  /** To all, to a room that some of the sessions are in, to one, to the sender's own room, or to all but one. */
  | { do: "say"; by: number; to: "all" | "half" | "one" | "own" | "but one"; who: number }
  /** The sender's own room. */
  | { do: "join" | "leave"; by: number; who: number }
  | { do: "ask"; by: number; how: "fetch" | "ack" }
  | { do: "open"; host: number; from: number; to: number }
  | { do: "depart"; pair: number; count: number }
  | { do: "arrive"; pair: number }
  | { do: "take back"; pair: number }
  | { do: "close"; pair: number }
  /** Between workers, and the bridge, of one host. */
  | { do: "hold" | "release"; host: number; from: number; to: number }
  /** A host is told that messages of another are missing. */
  | { do: "lose"; from: number; to: number }
  | { do: "pause"; turns: number };

const number = fc.nat(20);
const constant = <T extends string>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const weighted: [fc.Arbitrary<Command>, weight: number][] = [
  [
    fc.record({
      do: constant("say"),
      by: number,
      to: constant("all", "half", "one", "own", "but one"),
      who: number,
    }),
    12,
  ],
  [fc.record({ do: constant("join", "leave"), by: number, who: number }), 3],
  [fc.record({ do: constant("ask"), by: number, how: constant("fetch", "ack") }), 2],
  [fc.record({ do: constant("open"), host: number, from: number, to: number }), 3],
  [fc.record({ do: constant("depart"), pair: number, count: fc.nat(3) }), 5],
  [fc.record({ do: constant("arrive"), pair: number }), 4],
  [fc.record({ do: constant("take back"), pair: number }), 1],
  [fc.record({ do: constant("close"), pair: number }), 2],
  [fc.record({ do: constant("hold", "release"), host: number, from: number, to: number }), 3],
  [fc.record({ do: constant("lose"), from: number, to: number }), 1],
  [fc.record({ do: constant("pause"), turns: fc.nat(5) }), 5],
];

export const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(...weighted.map(([arbitrary, weight]) => ({ arbitrary, weight }))),
  { maxLength: 60, size: "max" },
);
