import { expect, it } from "vitest";
import { refusalOf, tooOld, whyAway } from "../../../src/bridge/redis/problems.js";
import { hasShardedChannels, isTooOld, versionOf } from "../../../src/bridge/redis/version.js";

const of = (version: string) => {
  const found = versionOf(`# Server\r\nredis_version:${version}\r\nos:Linux\r\n`);
  if (found === undefined) throw new Error("no version");
  return found;
};

it("Redis from 6.2 on will do, and from 7.0 on it has sharded channels", () => {
  const versions = ["2.8.24", "5.0.14", "6.0.16", "6.2.0", "6.2.14", "7.0.15", "7.2.4", "8.0.1", "10.0.0"];
  expect(versions.filter((version) => isTooOld(of(version)))).toEqual(["2.8.24", "5.0.14", "6.0.16"]);
  expect(versions.filter((version) => hasShardedChannels(of(version)))).toEqual(versions.slice(5));
});

it("Valkey counts as the version of Redis that it says", () => {
  const valkey = versionOf(
    "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n",
  );
  expect(valkey).toEqual({ major: 7, minor: 2, text: "7.2.4" });
});

it("a version that is too old is named", () => {
  expect(tooOld("redis://:pw@h:6379", of("6.0.16"))).toMatchObject({
    code: "ERR_REDIS_VERSION",
    message:
      "Redis at redis://h:6379 has version 6.0.16; a site needs 6.2 or later. Update Redis, or use another one.",
  });
});

it("what may heal by waiting is no refusal", () => {
  const waits = [
    "LOADING Redis is loading the dataset in memory",
    "READONLY You can't write",
    "CLUSTERDOWN Hash slot not served",
  ];
  const system = Object.assign(new Error("connect ECONNREFUSED 10.0.0.5:6379"), { code: "ECONNREFUSED" });
  for (const error of [...waits.map((words) => new Error(words)), system]) {
    expect(refusalOf("redis://h", error)).toBeUndefined();
    expect(whyAway(error)).toBe(error.message);
  }
});

it("the reason of a cluster is that of its server", () => {
  const all = Object.assign(new Error("Failed to refresh slots cache."), {
    lastNodeError: new Error("WRONGPASS invalid"),
  });
  expect(refusalOf("redis+cluster://h", all)?.code).toBe("ERR_REDIS_LOGIN");
  expect(whyAway(all)).toBe("WRONGPASS invalid");
  expect(whyAway(new AggregateError([new Error("connect ECONNREFUSED ::1:6379")]))).toBe(
    "connect ECONNREFUSED ::1:6379",
  );
});
