/** Worker: the policy `cookie`: a browser that opened a session here comes back here. */

import { COOKIE_NAME, slotOfCookie } from "../routing/policies.js";
import type { Engine } from "./internals/engine.js";

/** From now on handshakes of this engine set the cookie of this slot. */
export function setSlotCookie(engine: Engine, slot: number): void {
  engine.on(
    "initial_headers",
    (headers: Record<string, unknown>, request: { headers: { cookie?: string } }) => {
      if (slotOfCookie(request.headers.cookie ?? "") === slot) return;
      const own = headers["Set-Cookie"];
      const cookie = `${COOKIE_NAME}=${slot}; Path=/; HttpOnly; SameSite=Lax`;
      headers["Set-Cookie"] = own === undefined ? [cookie] : [...(Array.isArray(own) ? own : [own]), cookie];
    },
  );
}
