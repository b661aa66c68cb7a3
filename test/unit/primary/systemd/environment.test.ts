import { describe, expect, it } from "vitest";
import { takeSystemdEnvironment } from "../../../../src/primary/systemd/environment.js";

const OURS = 4711;
const take = (env: NodeJS.ProcessEnv) => takeSystemdEnvironment(env, OURS);

describe("the environment of systemd", () => {
  it("is removed, whether it was meant for this process or not", () => {
    const ours = {
      LISTEN_PID: "4711",
      LISTEN_FDS: "1",
      LISTEN_FDNAMES: "http",
      NOTIFY_SOCKET: "@a",
      WATCHDOG_USEC: "1",
    };
    const others = { LISTEN_PID: "1", LISTEN_FDS: "1", WATCHDOG_PID: "1", PATH: "/bin" };
    for (const env of [ours, others] as NodeJS.ProcessEnv[]) {
      take(env);
      expect(Object.keys(env).filter((name) => name !== "PATH")).toEqual([]);
    }
    expect(others.PATH).toBe("/bin");
  });

  it.each([
    [{ LISTEN_PID: "4711", LISTEN_FDS: "2", LISTEN_FDNAMES: "http:chat.socket" }, ["http", "chat.socket"]],
    [{ LISTEN_PID: "4711", LISTEN_FDS: "2" }, ["unknown", "unknown"]],
    [{ LISTEN_PID: "4711", LISTEN_FDS: "0" }, undefined],
    [{ LISTEN_PID: "4711" }, undefined],
    [{ LISTEN_PID: "4712", LISTEN_FDS: "2" }, undefined],
    [{ LISTEN_FDS: "2" }, undefined],
  ])("%j names the sockets %j", (env, names) => {
    expect(take(env).names).toEqual(names);
  });

  it.each([
    [{ LISTEN_PID: "4711", LISTEN_FDS: "some" }, /^LISTEN_FDS is "some", which is no number/],
    [{ LISTEN_PID: "4711", LISTEN_FDS: "-1" }, /^LISTEN_FDS is "-1"/],
    [{ LISTEN_PID: "4711", LISTEN_FDS: "99999" }, /^LISTEN_FDS is "99999"/],
    [{ LISTEN_PID: "4711", LISTEN_FDS: "1", LISTEN_FDNAMES: "a:b" }, /^LISTEN_FDNAMES has 2 names/],
  ])("%j is refused", (env, sentence) => {
    expect(() => take(env)).toThrow(
      expect.objectContaining({ code: "ERR_LISTEN_FDS", message: expect.stringMatching(sentence) }),
    );
  });

  it.each([
    [{ WATCHDOG_USEC: "30000000" }, 30_000],
    [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "4711" }, 30_000],
    [{ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "1" }, undefined],
    [{ WATCHDOG_USEC: "0" }, undefined],
    [{ WATCHDOG_USEC: "soon" }, undefined],
    [{}, undefined],
  ])("%j is a watchdog of %j ms", (env, watchdog) => {
    expect(take(env).watchdog).toBe(watchdog);
  });

  it("knows a wrapper such as npm", () => {
    expect(take({ SYSTEMD_EXEC_PID: "4711" }).isWrapped).toBe(false);
    expect(take({ SYSTEMD_EXEC_PID: "4700" }).isWrapped).toBe(true);
    expect(take({}).isWrapped).toBe(false);
  });
});
