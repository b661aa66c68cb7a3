import { describe, expect, it } from "vitest";
import {
  type Health,
  healthOf,
  SILENT_FOR_LIVE,
  SILENT_FOR_READY,
} from "../../../../src/primary/admin/health.js";
import { healthyFleet, Simulator } from "../lifecycle/simulator.js";

const TERM = { type: "stop", by: "SIGTERM", signal: true } as const;

/** @param silences by worker; who is not named has just said something */
function healthIn(fleet: Simulator, silences: Record<number, number> = {}): Health {
  return healthOf(fleet.state, (id) => silences[id] ?? 0);
}

function codes(health: Health): string {
  return [health.live, health.ready, health.started].map(({ ok }) => (ok ? "yes" : "no")).join(" ");
}

describe("live, ready, started", () => {
  it("are yes, no, no until the fleet is announced", () => {
    const fleet = new Simulator({ workers: 2 });
    expect(codes(healthIn(fleet))).toBe("yes no no");
    fleet.ready(0);
    expect(codes(healthIn(fleet))).toBe("yes no no");
    fleet.ready(1);
    expect(codes(healthIn(fleet))).toBe("yes yes yes");
    expect(healthIn(fleet).ready.why).toBe("2 of 2 workers ready");
  });

  it("are yes while workers crash, as long as one serves", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.exit(fleet.newest(0));
    expect(codes(healthIn(fleet))).toBe("yes yes yes");
    fleet.exit(fleet.newest(1));
    expect(codes(healthIn(fleet))).toBe("yes no yes");
    expect(healthIn(fleet).ready.why).toBe("no worker is ready");
  });

  it("are yes at every step of a rolling reload", () => {
    const fleet = healthyFleet({ workers: 2 });
    fleet.post({ type: "reload", by: "test" });
    for (const slot of [0, 1]) {
      expect(codes(healthIn(fleet))).toBe("yes yes yes");
      fleet.ready(slot);
      expect(codes(healthIn(fleet))).toBe("yes yes yes");
      fleet.exit(fleet.workersOf(slot)[0] as never, 0);
    }
    expect(fleet.state.reload).toBeNull();
    expect(codes(healthIn(fleet))).toBe("yes yes yes");
  });

  it("are yes, no, yes from the first moment of a stop to the last, with a shutdown delay and without", () => {
    for (const shutdownDelay of [0, 5000]) {
      const fleet = healthyFleet({ workers: 1, shutdownDelay });
      fleet.post(TERM);
      expect(codes(healthIn(fleet))).toBe("yes no yes");
      fleet.pass(shutdownDelay);
      expect(codes(healthIn(fleet))).toBe("yes no yes");
      expect(healthIn(fleet).ready.why).toBe("stopping");
    }
  });
});

describe("workers that say nothing", () => {
  it("do not serve after 5 s, unless another one does", () => {
    const fleet = healthyFleet({ workers: 2 });
    const [a, b] = [fleet.newest(0).id, fleet.newest(1).id];
    expect(codes(healthIn(fleet, { [a]: SILENT_FOR_READY }))).toBe("yes yes yes");
    expect(healthIn(fleet, { [a]: SILENT_FOR_READY }).ready.why).toBe("1 of 2 workers ready");
    expect(codes(healthIn(fleet, { [a]: SILENT_FOR_READY, [b]: SILENT_FOR_READY - 1 }))).toBe("yes yes yes");
    const both = healthIn(fleet, { [a]: SILENT_FOR_READY, [b]: SILENT_FOR_READY });
    expect(codes(both)).toBe("yes no yes");
    expect(both.ready.why).toBe("all 2 ready workers have said nothing for 5 s");
  });

  it("cost the fleet its life after 30 s, where they are all there is", () => {
    const fleet = healthyFleet({ workers: 2 });
    const [a, b] = [fleet.newest(0).id, fleet.newest(1).id];
    const silent = { [a]: SILENT_FOR_LIVE, [b]: SILENT_FOR_LIVE };
    expect(codes(healthIn(fleet, { ...silent, [b]: SILENT_FOR_LIVE - 1 }))).toBe("yes no yes");
    expect(codes(healthIn(fleet, silent))).toBe("no no yes");
    expect(healthIn(fleet, silent).live.why).toBe("all 2 ready workers have said nothing for 30 s");
  });

  it("do not, while another one starts, or while the fleet stops by itself", () => {
    const fleet = healthyFleet({ workers: 2 });
    const a = fleet.newest(0).id;
    fleet.exit(fleet.newest(1));
    fleet.pass(100);
    expect(fleet.states(1)).toEqual(["starting"]);
    expect(healthIn(fleet, { [a]: SILENT_FOR_LIVE }).live.ok).toBe(true);
    fleet.post(TERM);
    expect(healthIn(fleet, { [a]: SILENT_FOR_LIVE }).live.ok).toBe(true);
  });
});
