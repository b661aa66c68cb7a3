import { describe, expect, it } from "vitest";
import {
  isNonce,
  isProof,
  type LinkTerms,
  linkHeaders,
  newNonce,
  proofOf,
  readLinkRequest,
} from "../../../src/protocol/gateway-handshake.js";

const terms: LinkTerms = { from: 1, to: 2, slot: 3, nonce: "0a".repeat(32) };
const asked = (headers: Record<string, string | undefined> = {}) => ({
  method: "GET",
  url: "/link",
  headers: { ...linkHeaders(terms), ...headers },
});

describe("the request for a link", () => {
  it("is read as it was written", () => {
    expect(readLinkRequest(asked())).toEqual(terms);
  });

  it.each([
    ["another method", { ...asked(), method: "POST" }, "it asked for no link"],
    ["another path", { ...asked(), url: "/" }, "it asked for no link"],
    ["another upgrade", asked({ upgrade: "websocket" }), "it asked for no link"],
    ["another version", asked({ "holdfast-version": "999" }), 'it speaks protocol version "999"'],
    ["no nonce", asked({ "holdfast-nonce": undefined }), "its request lacks a header"],
    ["a short nonce", asked({ "holdfast-nonce": "0a" }), "its request lacks a header"],
    ["no terms", asked({ "holdfast-link": undefined }), "its request lacks a header"],
    ["a host above 1295", asked({ "holdfast-link": "from=1 to=1296 slot=0" }), "its request names no host"],
    ["a slot above 1295", asked({ "holdfast-link": "from=1 to=2 slot=1296" }), "its request names no host"],
  ])("is refused with a sentence: %s", (_what, request, sentence) => {
    expect(readLinkRequest(request)).toContain(sentence);
  });
});

describe("a proof", () => {
  const nonce = "0b".repeat(32);
  const proof = proofOf("secret", "dialler", terms, nonce);

  it("is what somebody with the same secret makes for the same connection", () => {
    expect(isProof(proof, proofOf("secret", "dialler", { ...terms }, nonce))).toBe(true);
  });

  it.each([
    ["another secret", proofOf("secreT", "dialler", terms, nonce)],
    ["the other role", proofOf("secret", "gateway", terms, nonce)],
    ["another nonce of the dialler", proofOf("secret", "dialler", { ...terms, nonce }, nonce)],
    ["another nonce of the gateway", proofOf("secret", "dialler", terms, terms.nonce)],
    ["another dialler", proofOf("secret", "dialler", { ...terms, from: 4 }, nonce)],
    ["another host", proofOf("secret", "dialler", { ...terms, to: 4 }, nonce)],
    ["another slot", proofOf("secret", "dialler", { ...terms, slot: 4 }, nonce)],
    ["a shorter one", proof.subarray(0, 31)],
    ["none", Buffer.alloc(0)],
  ])("holds for nothing else: %s", (_what, other) => {
    expect(isProof(other, proof)).toBe(false);
  });
});

it("draws nonces that are nonces, and never the same", () => {
  const drawn = Array.from({ length: 100 }, newNonce);
  expect(drawn.every(isNonce)).toBe(true);
  expect(new Set(drawn).size).toBe(100);
});
