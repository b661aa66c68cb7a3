import { MemoryNetwork } from "../../src/bus/memory-network.js";
import { busContract } from "./bus.js";

busContract("the memory bus", async () => {
  const network = new MemoryNetwork();
  return { join: async () => network.join(), close: () => network.settled() };
});
