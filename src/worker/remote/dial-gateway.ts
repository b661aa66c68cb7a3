/** Worker (accepting): opens a forward link to a worker of another host, by way of that host's gateway. */

import { readFile } from "node:fs/promises";
import { request as plainRequest, type RequestOptions } from "node:http";
import { request as secureRequest } from "node:https";
import type { Socket } from "node:net";
import { HoldfastError } from "../../base/errors.js";
import type { SiteNews } from "../../protocol/bridge-messages.js";
import { readFirst } from "../../protocol/first-frame.js";
import { encodeFrame } from "../../protocol/frames.js";
import {
  isNonce,
  isProof,
  LINK_PATH,
  type LinkTerms,
  linkHeaders,
  NONCE_HEADER,
  newNonce,
  PROOF_BYTES,
  proofOf,
} from "../../protocol/gateway-handshake.js";
import { HELLO_TYPE, WELCOME_TYPE } from "../../protocol/hello.js";
import type { KnownHost } from "./news.js";

/** Until the connection stands, with TLS. Milliseconds. */
const CONNECT_TIMEOUT = 2000;
/** Until the other side has shown who it is and reached the worker. Milliseconds. */
const DIAL_TIMEOUT = 3000;
/** A host that vanished without a word is found by the kernel after so long and ten more seconds. Milliseconds. */
const KEEP_ALIVE = 15_000;

export type Dialled = { readonly socket: Socket; readonly head: Buffer };

/**
 * @param self number of this host
 * @throws ERR_LINK_REFUSED with the gateway's sentence when only this slot cannot be reached, else any error: the gateway does not answer, or is none
 */
export async function dialGateway(
  self: number,
  { host, address, port }: KnownHost,
  slot: number,
  { secret, tls }: Pick<SiteNews, "secret" | "tls">,
): Promise<Dialled> {
  const terms: LinkTerms = { from: self, to: host, slot, nonce: newNonce() };
  const options = { host: address, port, path: LINK_PATH, agent: false, headers: linkHeaders(terms) };
  const request =
    tls === undefined ? plainRequest(options) : secureRequest({ ...options, ...(await filesOf(tls)) });
  return new Promise((resolve, reject) => {
    let upgraded: Socket | undefined;
    const settle = (error: Error | undefined, dialled?: Dialled): void => {
      clearTimeout(connecting);
      clearTimeout(whole);
      if (dialled !== undefined) {
        upgraded?.off("error", settle);
        resolve(dialled);
        return;
      }
      request.destroy();
      upgraded?.destroy();
      reject(error);
    };
    const tooLate = (what: string) => () => settle(new Error(`The gateway did not ${what} in time.`));
    const connecting = setTimeout(tooLate("take the connection"), CONNECT_TIMEOUT);
    const whole = setTimeout(tooLate("answer"), DIAL_TIMEOUT);
    request.once("socket", (connection: Socket) =>
      connection.once(tls === undefined ? "connect" : "secureConnect", () => clearTimeout(connecting)),
    );
    request.on("error", settle);
    request.once("response", ({ statusCode }) => settle(new Error(`The gateway answered ${statusCode}.`)));
    request.once("upgrade", ({ headers }, socket: Socket, behind: Buffer) => {
      upgraded = socket;
      socket.on("error", settle);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE);
      const nonce = headers[NONCE_HEADER];
      if (!isNonce(nonce) || behind.length > 0) settle(new Error("What listens there is no gateway."));
      else prove(socket, terms, secret, nonce, settle);
    });
    request.end();
  });
}

/** Proves that this side knows the secret, and has the gateway prove it too. */
function prove(
  socket: Socket,
  terms: LinkTerms,
  secret: string,
  nonce: string,
  settle: (error: Error | undefined, dialled?: Dialled) => void,
): void {
  socket.write(encodeFrame(HELLO_TYPE, 0, proofOf(secret, "dialler", terms, nonce)));
  readFirst(socket, WELCOME_TYPE, (error, first) => {
    if (first === undefined) return settle(error);
    const { payload, rest } = first;
    const expected = proofOf(secret, "gateway", terms, nonce);
    if (!isProof(payload.subarray(0, PROOF_BYTES), expected))
      settle(new Error("The gateway does not know the secret of this site."));
    else if (payload.length > PROOF_BYTES)
      settle(new HoldfastError("ERR_LINK_REFUSED", payload.toString("utf8", PROOF_BYTES)));
    else settle(undefined, { socket, head: rest });
  });
}

async function filesOf(tls: {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}): Promise<RequestOptions> {
  const [cert, key, ca] = await Promise.all([readFile(tls.cert), readFile(tls.key), readFile(tls.ca)]);
  return { cert, key, ca } as RequestOptions;
}
