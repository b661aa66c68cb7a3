import { describe, expect, test } from "vitest";
import { hasPassword, isRedisUrl, redactUrl } from "../../../src/config/server-url.js";

describe("a URL of Redis", () => {
  test.each([
    "redis://10.0.0.5:6379",
    "redis://localhost",
    "rediss://:secret@redis.internal:6380/3",
    "redis://user:p%40ss@[fd00::5]:6379",
    "redis+cluster://10.0.0.5:7000,10.0.0.6:7000",
    "rediss+sentinel://:secret@10.0.0.5,10.0.0.6:26379/mymaster",
    "redis+unix:///run/redis.sock",
  ])("may be %s", (url) => expect(isRedisUrl(url)).toBe(true));

  test.each([
    "",
    "10.0.0.5:6379",
    "http://10.0.0.5:6379",
    "redis://",
    "redis://10.0.0.5:0",
    "redis://10.0.0.5:70000",
    "redis://10.0.0.5,10.0.0.6",
    "redis+cluster://10.0.0.5,,10.0.0.6",
    "redis://a b",
  ])("is not %j", (url) => expect(isRedisUrl(url)).toBe(false));
});

test.each([
  ["redis://10.0.0.5:6379/0", "redis://10.0.0.5:6379/0"],
  ["redis://:hunter2@10.0.0.5:6379", "redis://10.0.0.5:6379"],
  ["rediss+cluster://user:hunter2@a:1,b:2/", "rediss+cluster://a:1,b:2/"],
  ["redis://user:hunter2@x@10.0.0.5", "redis://10.0.0.5"],
  ["redis://user:hunter2/y?@10.0.0.5", "redis://10.0.0.5"],
  ["redis://10.0.0.5?password=hunter2", "redis://10.0.0.5"],
  ["mongodb://u:hunter2@db/app?replicaSet=a", "mongodb://db/app"],
  ["hunter2", "(not shown)"],
])("%s is shown as %s", (url, shown) => expect(redactUrl(url)).toBe(shown));

test.each([
  ["redis://:hunter2@10.0.0.5:6379", true],
  ["postgres://chat:p%40ss@10.0.0.6/chat", true],
  ["redis+unix:///run/redis.sock?password=hunter2", true],
  ["postgres://10.0.0.6/chat?user=chat&sslpassword=hunter2", true],
  ["redis+sentinel://:hunter2@10.0.0.5,10.0.0.6:26379/mymaster", true],
  ["redis://10.0.0.5:6379/0", false],
  ["postgres://chat@10.0.0.6:5432/chat?sslmode=require", false],
  ["mongodb://10.0.0.7:27017,10.0.0.8:27017/chat?replicaSet=rs0", false],
])("%s has a password: %s", (url, has) => expect(hasPassword(url)).toBe(has));
