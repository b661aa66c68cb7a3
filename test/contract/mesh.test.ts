import { busContract } from "./bus.js";
import { MeshFleet } from "./mesh-fleet.js";

busContract("the mesh", async () => {
  const fleet = new MeshFleet();
  return {
    join: async () => (await fleet.join()).mesh,
    close: async () => fleet.close(),
  };
});
