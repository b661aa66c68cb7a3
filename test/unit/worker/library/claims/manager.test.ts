import { describe, expect, it } from "vitest";
import { pm2Of } from "../../../../../src/worker/library/claims/manager.js";

const CLUSTER = { name: "chat", pm_id: "3", exec_mode: "cluster_mode", NODE_APP_INSTANCE: "1" };
const FORK = { ...CLUSTER, exec_mode: "fork_mode" };
const worker = { parentPid: 7, clusterWorker: true };
const child = { parentPid: 7, clusterWorker: false };

describe("what PM2 says of a process", () => {
  it("is its app's name, its instance, and who replaces it", () => {
    const expected = { name: "chat", instance: "1", killTimeout: 1600, managed: "pm2 7 3" };
    expect(pm2Of(CLUSTER, worker)).toEqual(expected);
  });

  it("is the same in fork mode, where nobody is replaced while he runs", () => {
    expect(pm2Of(FORK, child)).toMatchObject({ name: "chat", instance: "1", managed: "" });
  });

  it("makes no replacements of the workers that an app forks by itself", () => {
    expect(pm2Of(FORK, worker)?.managed).toBe("");
    expect(pm2Of(CLUSTER, child)?.managed).toBe("");
  });

  it("parts apps of one name by their namespaces", () => {
    expect(pm2Of({ ...CLUSTER, namespace: "default" }, worker)?.name).toBe("chat");
    expect(pm2Of({ ...CLUSTER, namespace: "shop" }, worker)?.name).toBe("shop.chat");
  });

  it("honours instance_var and kill_timeout", () => {
    const env = { ...CLUSTER, instance_var: "NUMBER", NUMBER: "5", kill_timeout: "9000" };
    expect(pm2Of(env, worker)).toMatchObject({ instance: "5", killTimeout: 9000 });
  });

  it.each([{}, { name: "chat" }, { pm_id: "1" }, { name: "chat", pm_id: "mine" }])(
    "is nothing in the environment %j",
    (env) => expect(pm2Of(env, worker)).toBeUndefined(),
  );
});
