import { defineConfig } from "vitest/config";

/**
 * Integration tests of these files mostly wait, for processes that start and for clients that answer, and hold nobody to a time, a share
 * or an amount of memory. All others would measure their neighbour.
 */
const SIDE_BY_SIDE = [
  "apps-{engines,frameworks,listen,options,processes,servers}",
  "cli-{control,logs,package,reload,start,status-bus}",
  "client-address{,-proxies}",
  "clients-{javascript,policies,python}",
  "library-{claims,guides,processes,settings}",
  "{handoff-matrix,matrix-versions}",
  "primary-{boot,control,listen,reload}",
  "proxy-{clients,command,guides,hosts,hosts-guide,ways}",
  "reload-placement",
  "site/{emitter,joins,servers}",
  "site-{adapters,bridge,fleets,guide,input}",
  "slot-{nodes,pipes,ports}",
  "stickiness",
  "systemd-{sockets,units}",
  "typescript-entry",
  "unknown-versions",
].map((names) => `test/integration/${names}.test.ts`);

/** Unit tests start no process and open no port; integration tests run the real thing, one file at a time or two side by side. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/contract/**/*.test.ts"],
          // Models are compared in many random histories: a machine that does other things as well needs longer, and is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: SIDE_BY_SIDE,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "side-by-side",
          include: SIDE_BY_SIDE,
          maxWorkers: 2,
          // Neither beside the unit tests nor beside the files that run one at a time.
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
