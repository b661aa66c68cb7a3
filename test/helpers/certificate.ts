/** Test helper: a key and a certificate of its own for 127.0.0.1, made when the test runs. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** @returns the paths of both, in `folder` */
export function makeCertificate(folder: string): { key: string; cert: string } {
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync("openssl", ["req", ...made, ...subject, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { key, cert };
}
