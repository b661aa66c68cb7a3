import { expect, it } from "vitest";
import { Refusals } from "../../../../src/bridge/gateway/refusals.js";

it("counts every refusal, and says one a minute, with how many there were since", () => {
  const said: string[] = [];
  let now = 0;
  const refusals = new Refusals(
    (sentence) => said.push(sentence),
    () => now,
  );
  refusals.add("10.0.0.1", "it made no sense");
  for (now = 1000; now < 60_000; now += 1000) refusals.add("10.0.0.2", "it made no sense");
  expect(said).toEqual(["A connection to the gateway from 10.0.0.1 was refused: it made no sense."]);
  now = 60_000;
  refusals.add(undefined, "it is late");
  expect(said[1]).toBe(
    "A connection to the gateway from somebody who is gone was refused: it is late. So were 59 others since this was last said.",
  );
  expect(refusals.count).toBe(61);
});
