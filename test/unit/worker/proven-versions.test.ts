import { describe, expect, it } from "vitest";
import {
  unprovenNode,
  unprovenPart,
  unprovenVersion,
} from "../../../src/worker/internals/proven-versions.js";

describe("the versions on which sessions move", () => {
  it("are all patches of the minors that were proven", () => {
    expect(unprovenVersion("socket.io", "4.6.0")).toBeUndefined();
    expect(unprovenVersion("socket.io", "4.8.99")).toBeUndefined();
    expect(unprovenNode("20.19.0")).toBeUndefined();
    expect(unprovenNode("26.10.0")).toBeUndefined();
  });

  it.each(["4.5.4", "4.9.0", "5.0.0", "4.8.0-beta.1", "of unknown version"])("are not %s", (version) => {
    expect(unprovenVersion("socket.io", version)).toBe(
      `Sessions were not proven to move between workers with socket.io ${version}, but from 4.6.0 to before 4.9.0.`,
    );
  });

  it("are not those of other Nodes, or of packages in a bundle", () => {
    expect(unprovenNode("21.0.0")).toMatch(/on Node 21.0.0, but on 20, 22, 24, 26\.$/);
    expect(unprovenPart("ws", {})).toMatch(/the app brings ws in a way that Holdfast does not know/);
  });
});
