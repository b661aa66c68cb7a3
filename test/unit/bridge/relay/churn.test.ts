/** Promise: while hosts, bridges, workers and members come and go, and messages between hosts are lost, everybody hears what the model says; and nothing is kept of those that are gone. */

import fc from "fast-check";
import { test } from "vitest";
import { type Churn, ChurningHosts } from "./churning-hosts.js";

const number = fc.nat(20);
const constant = <T extends string>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const calm: [fc.Arbitrary<Churn>, weight: number][] = [
  [fc.record({ do: constant("say"), by: number, room: number }), 12],
  [fc.record({ do: constant("join", "leave"), who: number, room: number }), 8],
  [fc.record({ do: constant("ask"), by: number, who: number, room: number }), 3],
  [fc.record({ do: constant("connect"), at: number }), 2],
  [fc.record({ do: constant("lose"), from: number, to: number }), 2],
  [fc.record({ do: constant("pause"), turns: fc.nat(5) }), 4],
  [fc.record({ do: constant("quiet") }), 4],
];

const faults: typeof calm = [
  [fc.record({ do: constant("kill worker", "add worker", "kill host", "replace bridge"), who: number }), 4],
  [fc.record({ do: constant("add host") }), 2],
  [fc.record({ do: constant("break", "mend"), from: number, to: number }), 4],
];

const commandsOf = (weighted: typeof calm): fc.Arbitrary<Churn[]> =>
  fc.array(fc.oneof(...weighted.map(([arbitrary, weight]) => ({ arbitrary, weight }))), {
    maxLength: 50,
    size: "max",
  });

async function hold(list: readonly Churn[]): Promise<void> {
  const world = await ChurningHosts.open();
  try {
    for (const command of list) await world.run(command);
    await world.end();
  } finally {
    world.close();
  }
}

test.each([
  ["while rooms change", commandsOf(calm), 60],
  [
    "while hosts, bridges and workers come and go, and messages are lost",
    commandsOf([...calm, ...faults]),
    120,
  ],
])("once, in order, to the members, %s", { timeout: 60_000 }, async (_, commands, numRuns) => {
  await fc.assert(fc.asyncProperty(commands, hold), { numRuns });
});
