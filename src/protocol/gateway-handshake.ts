/**
 * Protocol: how a worker (the dialler) and the gateway of another host show each other that they know the site's secret. The secret
 * does not travel, and each proof holds for one connection: it covers what both of them drew. Pure, but for the drawing.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { MAX_HOSTS, MAX_SLOTS } from "../config/limits.js";
import { PROTOCOL_VERSION } from "./hello.js";

export const LINK_PATH = "/link";
/** RFC 9110, 7.8: what the connection becomes behind the 101. */
export const LINK_UPGRADE = "holdfast-forward";
export const NONCE_HEADER = "holdfast-nonce";
export const VERSION_HEADER = "holdfast-version";
/** Length of a proof (HMAC-SHA256). Bytes. */
export const PROOF_BYTES = 32;

const LINK_HEADER = "holdfast-link";
const NONCE = /^[0-9a-f]{64}$/;

/** What the dialler wants. Part of every proof. */
export type LinkTerms = {
  /** Of the dialler. */
  readonly from: number;
  /** The host whose worker is meant, and its slot. */
  readonly to: number;
  readonly slot: number;
  /** Drawn by the dialler. */
  readonly nonce: string;
};

/** 32 random bytes, in hexadecimal. */
export function newNonce(): string {
  return randomBytes(32).toString("hex");
}

export function isNonce(text: unknown): text is string {
  return typeof text === "string" && NONCE.test(text);
}

/** The headers of the request that opens a link. */
export function linkHeaders({ from, to, slot, nonce }: LinkTerms): Record<string, string> {
  return {
    connection: "Upgrade",
    upgrade: LINK_UPGRADE,
    [VERSION_HEADER]: `${PROTOCOL_VERSION}`,
    [LINK_HEADER]: `from=${from} to=${to} slot=${slot}`,
    [NONCE_HEADER]: nonce,
  };
}

type Asked = {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

/** @returns what is wanted, or a sentence that says why this is no such request */
export function readLinkRequest({ method, url, headers }: Asked): LinkTerms | string {
  if (method !== "GET" || url !== LINK_PATH || headers.upgrade !== LINK_UPGRADE)
    return "it asked for no link";
  if (headers[VERSION_HEADER] !== `${PROTOCOL_VERSION}`)
    return `it speaks protocol version ${JSON.stringify(headers[VERSION_HEADER])}, this host speaks ${PROTOCOL_VERSION}`;
  const match = /^from=(\d{1,4}) to=(\d{1,4}) slot=(\d{1,4})$/.exec(String(headers[LINK_HEADER]));
  const nonce = headers[NONCE_HEADER];
  if (match === null || !isNonce(nonce)) return "its request lacks a header, or has one that makes no sense";
  const [from, to, slot] = match.slice(1).map(Number) as [number, number, number];
  if (from >= MAX_HOSTS || to >= MAX_HOSTS || slot >= MAX_SLOTS) return "its request names no host or slot";
  return { from, to, slot, nonce };
}

/**
 * What only somebody with the secret can make, for this connection and in this role.
 * @param answer what the gateway drew
 */
export function proofOf(
  secret: string,
  role: "dialler" | "gateway",
  { from, to, slot, nonce }: LinkTerms,
  answer: string,
): Buffer {
  const covered = [LINK_UPGRADE, PROTOCOL_VERSION, role, from, to, slot, nonce, answer];
  return createHmac("sha256", secret).update(JSON.stringify(covered)).digest();
}

/** Takes as long for a proof that is nearly right. */
export function isProof(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
