import { describe, expect, it } from "vitest";
import { nginxConfiguration } from "../../../src/proxy/nginx.js";
import { parseNginxVersion, wordsOf } from "../../../src/proxy/nginx-version.js";
import { PLAIN, SECURE } from "./sites.js";

describe("versions of nginx", () => {
  it.each(["1.15.2", "0.9.0", "1.26", "1.26.x", "1.26.3.1", "", "latest", "v1.26.3"])(
    "%j is none to write for",
    (text) => {
      expect(parseNginxVersion(text)).toBeUndefined();
    },
  );

  it.each([
    ["1.15.3", false, false],
    ["1.25.0", false, false],
    ["1.25.1", true, false],
    ["1.29.6", true, false],
    ["1.29.7", true, true],
    ["1.30.0", true, true],
    ["2.0.0", true, true],
  ])(
    "%s: http2 on a line of its own %s, keeps connections by itself %s",
    (version, http2Directive, keepsConnections) => {
      expect(wordsOf(version)).toEqual({ http2Directive, keepsConnections });
    },
  );
});

describe("the text for", () => {
  it("an nginx before 1.29.7 asks for kept connections over HTTP/1.1", () => {
    for (const nginxVersion of [undefined, "1.22.1", "1.29.6"]) {
      const text = nginxConfiguration({ ...PLAIN, ...(nginxVersion === undefined ? {} : { nginxVersion }) });
      expect(text).toMatch(/^ +keepalive 16;$/m);
      expect(text).toMatch(/^ +proxy_http_version 1\.1;$/m);
    }
  });

  it("a later one leaves that to nginx", () => {
    const text = nginxConfiguration({ ...PLAIN, nginxVersion: "1.29.7" });
    expect(text).not.toMatch(/^ +keepalive \d/m);
    expect(text).not.toContain("proxy_http_version");
  });

  it("HTTP/2 stands where the version wants it", () => {
    expect(nginxConfiguration({ ...SECURE, nginxVersion: "1.25.0" })).toContain("listen 443 ssl http2 ");
    expect(nginxConfiguration({ ...SECURE, nginxVersion: "1.25.1" })).toMatch(
      /listen 443 ssl backlog.*\n +http2 on;/,
    );
    expect(nginxConfiguration({ ...SECURE, http2: false })).not.toContain("http2");
  });
});
