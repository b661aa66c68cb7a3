import { describe, expect, it } from "vitest";
import { parseRedisUrl, shownUrl } from "../../../src/bridge/redis/address.js";

describe("a Redis URL", () => {
  it.each([
    [
      "redis://10.0.0.5",
      { kind: "single", tls: false, database: 0, server: { host: "10.0.0.5", port: 6379 } },
    ],
    [
      "rediss://cache.internal:6380/2",
      { kind: "single", tls: true, database: 2, server: { host: "cache.internal", port: 6380 } },
    ],
    [
      "redis://[fd00::5]:7000/",
      { kind: "single", tls: false, database: 0, server: { host: "fd00::5", port: 7000 } },
    ],
    [
      "redis://:p%40ss@h",
      { kind: "single", tls: false, database: 0, password: "p@ss", server: { host: "h", port: 6379 } },
    ],
    [
      "redis://me:a:b@h",
      {
        kind: "single",
        tls: false,
        database: 0,
        user: "me",
        password: "a:b",
        server: { host: "h", port: 6379 },
      },
    ],
    [
      "rediss+cluster://me:pw@h1:7001,h2:7002",
      {
        kind: "cluster",
        tls: true,
        database: 0,
        user: "me",
        password: "pw",
        servers: [
          { host: "h1", port: 7001 },
          { host: "h2", port: 7002 },
        ],
      },
    ],
    [
      "redis+sentinel://h1,h2:26380/mymaster/3",
      {
        kind: "sentinel",
        tls: false,
        database: 3,
        master: "mymaster",
        servers: [
          { host: "h1", port: 26_379 },
          { host: "h2", port: 26_380 },
        ],
      },
    ],
    ["redis+unix:///run/redis.sock", { kind: "socket", tls: false, database: 0, path: "/run/redis.sock" }],
    [
      "unix://:pw@/run/redis.sock",
      { kind: "socket", tls: false, database: 0, password: "pw", path: "/run/redis.sock" },
    ],
  ])("%s is understood", (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  it.each([
    ["http://h:6379", "it does not begin with redis://"],
    ["10.0.0.5:6379", "it does not begin with redis://"],
    ["redis://", "it names no server"],
    ["redis://h:0", '"h:0" is no host:port'],
    ["redis://h:70000", '"h:70000" is no host:port'],
    ["redis://a,b", "several servers are written as"],
    ["redis://h/x", '"x" is no number of a database'],
    ["redis://me:100%@h", "must be written as %25"],
    ["redis+cluster://a,,b", "it names no server"],
    ["redis+cluster://a/1", "a cluster has no databases but 0"],
    ["redis+sentinel://a,b", "it must name what they call the master"],
    ["redis+unix://h/run/redis.sock", "a Unix socket is written as"],
    ["rediss+unix:///run/redis.sock", "there is no TLS on a Unix socket"],
  ])("%s is refused in one sentence", (url, why) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ code: "ERR_REDIS_URL", message: expect.stringContaining(why) }),
    );
  });

  it("is shown without user and password", () => {
    expect(shownUrl("rediss+cluster://me:p/w@x@h1:7001,h2:7002/0")).toBe(
      "rediss+cluster://h1:7001,h2:7002/0",
    );
    for (const url of ["redis://me:secret@h:0", "nonsense://me:secret@h"])
      expect(() => parseRedisUrl(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("secret") }),
      );
  });
});
