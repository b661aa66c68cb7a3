import { describe, expect, it } from "vitest";
import { endpointOf } from "../../../../bench/load/endpoint.js";
import { OptionError } from "../../../../bench/options.js";
import { BASE, CONTENDER_NAMES, CONTENDERS } from "../../../../bench/proxy/contenders.js";
import { readProxyOptions } from "../../../../bench/proxy/options.js";
import { orderOf } from "../../../../bench/proxy/plan.js";
import { inDirectory, ipHashConfiguration } from "../../../../bench/servers/nginx-configuration.js";

describe("options of the proxy benchmark", () => {
  it("write the usual file after a full run only", () => {
    expect(readProxyOptions([]).json).toMatch(/results\/proxy\.json$/);
    for (const part of [["--quick"], ["--only", "nginx"], ["--workload", "echo"]])
      expect(readProxyOptions(part).json).toBeUndefined();
  });

  it.each([
    [["--rounds", "0"], "--rounds 0"],
    [["--stages", "many"], "--stages many"],
    [["--only", "nginx,traefik"], "traefik"],
    [["--workload", "idle"], "idle"],
  ])("refuse %j in a sentence", (args, named) => {
    expect(() => readProxyOptions(args)).toThrow(OptionError);
    expect(() => readProxyOptions(args)).toThrow(named);
  });
});

describe("order of the windows", () => {
  it("has every contender once a round", () => {
    for (const round of [0, 1, 2, 3])
      expect([...orderOf(round, CONTENDER_NAMES)].sort()).toEqual([...CONTENDER_NAMES].sort());
  });

  it("puts those that are compared before one another as often as behind", () => {
    const rounds = [0, 1, 2, 3, 4, 5, 6, 7].map((round) => orderOf(round, CONTENDER_NAMES));
    const before = rounds.filter((order) => order.indexOf("nginx-sid") < order.indexOf(BASE));
    expect(before).toHaveLength(rounds.length / 2);
  });
});

describe("clients of a contender", () => {
  it("come from one address, or from networks that ip_hash can tell apart", () => {
    const from = (sources: "many" | "one") =>
      new Set(Array.from({ length: 100 }, (_, session) => endpointOf(session, [1], sources).localAddress));
    expect(from("one")).toEqual(new Set(["127.0.0.1"]));
    expect(from("many").size).toBe(100);
  });

  it("meet the same nginx from one address as from many", () => {
    expect(CONTENDERS["nginx-one"].variant).toBe(CONTENDERS.nginx.variant);
    expect(CONTENDERS["nginx-sid-one"].variant).toBe(CONTENDERS["nginx-sid"].variant);
  });
});

describe("nginx of a contender", () => {
  it("is told where to write, and nothing else is changed", () => {
    const text = ipHashConfiguration({ front: 80, backends: [81, 82] });
    const own = inDirectory(text, "/run/turn").split("\n");
    const added = own.filter((line) => !text.split("\n").includes(line));
    expect(added.every((line) => line.includes("/run/turn/") || line === "daemon off;")).toBe(true);
    expect(added).toHaveLength(8);
    expect(own.filter((line) => !added.includes(line)).join("\n")).toBe(text);
  });
});
