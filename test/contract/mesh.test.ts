import { busContract } from "./bus.js";
import { openMeshCarrier } from "./mesh-carrier.js";

busContract("the mesh", async (options) => openMeshCarrier(options), { histories: 8 });
