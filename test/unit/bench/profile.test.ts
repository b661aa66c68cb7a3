import { describe, expect, it } from "vitest";
import { costTable } from "../../../bench/profile/cost-table.js";
import { type CpuProfile, sampleShares } from "../../../bench/profile/sample-shares.js";

const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 9 });

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(idle)") },
    { id: 2, callFrame: frame("send", "file:///app/node_modules/ws/lib/sender.js") },
    { id: 3, callFrame: frame("", "file:///app/dist/worker/routing/route.js") },
  ],
  samples: [1, 2, 3, 2, 2, 1],
};

describe("profile", () => {
  it("shares the work of all processes among their functions, without waiting", () => {
    expect(Object.fromEntries(sampleShares([PROFILE, PROFILE]))).toEqual({
      "send ws/lib/sender.js:10": 0.75,
      "(anonymous) worker/routing/route.js:10": 0.25,
    });
  });

  it("shows first what differs most between two variants", () => {
    const column = (variant: string, costs: Record<string, number>) => ({
      variant,
      operations: 1,
      processes: 1,
      costs: new Map(Object.entries(costs)),
    });
    const table = costTable(
      [column("holdfast", { same: 9, more: 3 }), column("control", { same: 9, more: 1 })],
      1,
    );
    expect(table).toContain("more");
    expect(table).not.toContain("same");
  });
});
