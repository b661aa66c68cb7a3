import { describe, expect, it } from "vitest";
import { healthyFleet, Simulator } from "./simulator.js";

/** Fails every start of a slot as soon as it happens, and says how long each pause was. */
function failStarts(fleet: Simulator, slot: number, times: number): number[] {
  const pauses: number[] = [];
  for (let count = 0; count < times; count++) {
    const since = fleet.now;
    while (fleet.workersOf(slot).length === 0 && fleet.state.ending === null) fleet.pass(10);
    if (fleet.state.ending !== null) break;
    pauses.push(fleet.now - since);
    fleet.exit(fleet.newest(slot));
  }
  return pauses;
}

describe("a crash", () => {
  it("is answered with a new worker in the same slot after the first delay", () => {
    const fleet = healthyFleet();
    fleet.exit(fleet.newest(1), null, "SIGKILL");
    fleet.pass(99);
    expect(fleet.of("spawn")).toEqual([]);
    fleet.pass(1);
    expect(fleet.of("spawn")).toMatchObject([{ slot: 1, generation: 1 }]);
    expect(fleet.log).toContain("was killed by SIGKILL; next start in 100 ms");
  });

  it("of a server that ends with code 0 is one too", () => {
    const fleet = healthyFleet();
    fleet.exit(fleet.newest(0), 0);
    fleet.pass(100);
    expect(fleet.of("spawn")).toMatchObject([{ slot: 0 }]);
    expect(fleet.log).toContain("ended by itself with code 0");
  });

  it("loop doubles its pauses up to the longest, and is tried for ever while another worker serves", () => {
    const fleet = healthyFleet({ restartDelayMax: 1000, maxFailures: 3 });
    const pauses = failStarts(fleet, 1, 12);
    expect(pauses).toEqual([0, 100, 100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000]);
    expect(fleet.state.ending).toBeNull();
    expect(fleet.log).toContain("the other 2 ready workers serve, so it is tried for ever");
  });

  it("is forgotten once a worker of the slot was ready for long enough", () => {
    const fleet = healthyFleet();
    failStarts(fleet, 1, 5);
    fleet.pass(5000);
    fleet.ready(1);
    fleet.pass(999);
    expect(fleet.state.slots[1]?.failures).toBe(4);
    fleet.pass(1);
    expect(fleet.state.slots[1]?.failures).toBe(0);
  });

  it("soon after ready counts as a failed start", () => {
    const fleet = new Simulator({ workers: 1, maxFailures: 3 });
    for (let count = 0; count < 3; count++) {
      fleet.ready(0);
      fleet.pass(999);
      fleet.exit(fleet.newest(0));
      fleet.pass(500);
    }
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 3, reason: "gave-up", failures: 3 }]);
    expect(fleet.of("finish")[0]?.last?.how).toContain("less than 1000 ms after it was ready");
  });
});

describe("giving up", () => {
  it("ends with exit code 3 after so many failed starts in a row, over all slots", () => {
    const fleet = new Simulator({ workers: 2, maxFailures: 4 });
    for (let round = 0; round < 2; round++) {
      fleet.exit(fleet.newest(0));
      fleet.exit(fleet.newest(1));
      fleet.pass(200);
    }
    expect(fleet.of("finish")).toMatchObject([{ exitCode: 3, failures: 4 }]);
    expect(fleet.of("spawn")).toHaveLength(4);
  });

  it("waits for a slot that takes long to boot, however often another has failed", () => {
    const fleet = new Simulator({ workers: 2, maxFailures: 3 });
    failStarts(fleet, 0, 8);
    expect(fleet.state.ending).toBeNull();
    fleet.ready(1);
    expect(fleet.of("announce")).toMatchObject([{ ready: 1, wanted: 2 }]);
  });

  it("comes when that slot fails too", () => {
    const fleet = new Simulator({ workers: 2, maxFailures: 3 });
    failStarts(fleet, 0, 8);
    fleet.exit(fleet.newest(1));
    expect(fleet.state.ending).toMatchObject({ reason: "gave-up", exitCode: 3 });
  });

  it("does not count what failed while another worker served", () => {
    const fleet = healthyFleet({ workers: 2, maxFailures: 3 });
    failStarts(fleet, 1, 9);
    fleet.exit(fleet.newest(0));
    expect(fleet.state.ending).toBeNull();
    fleet.pass(100);
    fleet.ready(0);
    expect(fleet.states(0)).toEqual(["ready"]);
  });
});
