/** Bridge: the gateway's side of the handshake, once the request for a link was read. */

import type { Duplex } from "node:stream";
import { readFirst } from "../../protocol/first-frame.js";
import { encodeFrame } from "../../protocol/frames.js";
import {
  isProof,
  LINK_UPGRADE,
  type LinkTerms,
  NONCE_HEADER,
  newNonce,
  proofOf,
} from "../../protocol/gateway-handshake.js";
import { HELLO_TYPE, WELCOME_TYPE } from "../../protocol/hello.js";

/** A dialler that knows the secret. */
export type Admitted = {
  /** What was read behind the handshake. */
  readonly rest: Buffer;
  /** The last words of the handshake; the dialler sends nothing before. @param refusal why there is no link after all */
  answer(refusal?: string): void;
};

/**
 * Has the dialler prove that it knows the secret, before anything is proved to it: so whoever only asks learns nothing of the secret.
 * Time limits are the caller's.
 * @param done without `admitted`: a sentence that says why not; the caller closes the socket
 */
export function admit(
  socket: Duplex,
  terms: LinkTerms,
  secret: string,
  done: (admitted: Admitted | string) => void,
): void {
  const nonce = newNonce();
  const proof = (role: "dialler" | "gateway"): Buffer => proofOf(secret, role, terms, nonce);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${LINK_UPGRADE}\r\n${NONCE_HEADER}: ${nonce}\r\n\r\n`,
  );
  readFirst(socket, HELLO_TYPE, (error, first) => {
    if (first === undefined) done(`its handshake ended early, or made no sense (${error?.message})`);
    else if (!isProof(first.payload, proof("dialler")))
      done("it does not know the secret of this site; give all hosts the same one");
    else
      done({
        rest: first.rest,
        answer: (refusal = "") => {
          const payload = Buffer.concat([proof("gateway"), Buffer.from(refusal)]);
          socket.write(encodeFrame(WELCOME_TYPE, 0, payload));
        },
      });
  });
}
