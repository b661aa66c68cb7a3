/** Test helper: a certificate authority of its own for the hosts of a site, and a certificate that it made for 127.0.0.1. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tls } from "./bridge.js";

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** @returns paths of files in `folder` */
export function makeSiteCertificates(folder: string): Tls {
  const path = (name: string): string => join(folder, name);
  const [ca, caKey, cert, key] = [path("ca.pem"), path("ca.key"), path("host.pem"), path("host.key")];
  const [asked, names] = [path("host.csr"), path("names")];
  writeFileSync(names, "subjectAltName=IP:127.0.0.1");
  openssl("req", "-x509", ...NEW_KEY, "-days", "1", "-subj", "/CN=site", "-keyout", caKey, "-out", ca);
  openssl("req", ...NEW_KEY, "-subj", "/CN=host", "-keyout", key, "-out", asked);
  const signed = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-days", "1", "-extfile", names];
  openssl("x509", "-req", "-in", asked, ...signed, "-out", cert);
  return { cert, key, ca };
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
