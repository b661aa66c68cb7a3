import type { MemoryBus } from "../../src/bus/memory-bus.js";
import { MemoryNetwork } from "../../src/bus/memory-network.js";
import { busContract } from "./bus.js";

busContract(
  "the memory bus",
  async (options) => {
    const network = new MemoryNetwork({ maxPayload: 16 * 1024 * 1024, ...options });
    return {
      underWay: 0,
      join: async (slot, subscribe) => subscribe(network.join(slot)),
      stall: (bus) => network.stall(bus as MemoryBus),
      resume: (bus) => network.resume(bus as MemoryBus),
      cut: (one, other) => network.cut(one as MemoryBus, other as MemoryBus),
      kill: (bus) => network.kill(bus as MemoryBus),
      close: () => network.settled(),
    };
  },
  { histories: 100 },
);
