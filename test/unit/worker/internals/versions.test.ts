import { describe, expect, it } from "vitest";
import { unprovenNode, unprovenPart, unprovenVersion } from "../../../../src/worker/internals/versions.js";

describe("the versions on which sessions move", () => {
  it("are all patches of the minors that were proven", () => {
    expect(unprovenVersion("socket.io", "4.6.0")).toBeUndefined();
    expect(unprovenVersion("socket.io", "4.8.99")).toBeUndefined();
    expect(unprovenNode("20.19.0")).toBeUndefined();
    expect(unprovenNode("26.10.0")).toBeUndefined();
  });

  it.each(["4.5.4", "4.9.0", "5.0.0", "4.8.0-beta.1", "of unknown version"])("are not %s", (version) => {
    expect(unprovenVersion("socket.io", version)).toBe(
      `socket.io ${version} is not known to Holdfast (4.6.0 to 4.8.x are): it runs, and a reload tells its clients to reconnect instead of moving them.`,
    );
  });

  it("are not those of other Nodes, or of packages in a bundle", () => {
    expect(unprovenNode("21.0.0")).toMatch(/^Node 21\.0\.0 is not known to Holdfast \(20, 22, 24, 26 are\)/);
    expect(unprovenPart("ws", {})).toMatch(/the app brings ws in a way that Holdfast does not know/);
  });
});
