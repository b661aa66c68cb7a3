/** Primary, pure: what can happen to a fleet, and what `apply` asks to be done about it. Types only. */

import type { FailureKind } from "../../protocol/messages.js";
import type { EndReason, LastFailure } from "./state.js";

/** Answers a request that came over the control socket; chosen by the asker. */
export type RequestId = number;

export type FleetEvent =
  | { readonly type: "start" }
  | { readonly type: "tick" }
  | { readonly type: "spawned"; readonly worker: number; readonly pid: number }
  | { readonly type: "ready"; readonly worker: number }
  | {
      readonly type: "failed";
      readonly worker: number;
      readonly kind: FailureKind;
      readonly message: string;
      readonly code?: string;
    }
  /** Some slot cannot have the socket that `--listen` gives it. `worker`: who asked. */
  | {
      readonly type: "cannot-listen";
      readonly worker: number;
      readonly slot: number;
      readonly message: string;
      readonly code: string;
    }
  | { readonly type: "drained"; readonly worker: number; readonly closed: number }
  /** The process is gone and reaped. `problem`: it could not even be started. */
  | {
      readonly type: "exited";
      readonly worker: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly problem?: string;
    }
  /** `by` is for the log. A signal that comes a second time kills; a request never does. */
  | { readonly type: "stop"; readonly by: string; readonly signal: boolean }
  | { readonly type: "reload"; readonly by: string; readonly request?: RequestId }
  | { readonly type: "scale"; readonly to: number; readonly by: string; readonly request?: RequestId }
  | { readonly type: "scale-by"; readonly change: 1 | -1; readonly by: string };

/** `message`: a sentence for people. */
export type Refusal = { readonly code: string; readonly message: string };

export type LogLevel = "info" | "warn" | "error";

export type LogEffect = {
  readonly do: "log";
  readonly level: LogLevel;
  /** Stable name for programs, such as `worker-exited`. */
  readonly event: string;
  /** For people; begins with a verb. */
  readonly text: string;
  readonly worker?: { readonly slot: number; readonly generation: number; readonly pid: number | null };
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
};

export type Effect =
  | LogEffect
  | {
      readonly do: "spawn";
      readonly worker: number;
      readonly slot: number;
      readonly generation: number;
      readonly workers: number;
    }
  | { readonly do: "drain"; readonly worker: number; readonly within: number }
  | { readonly do: "signal"; readonly worker: number; readonly signal: "SIGTERM" | "SIGKILL" }
  /** Print the ready line. */
  | { readonly do: "announce"; readonly ready: number; readonly wanted: number; readonly ms: number }
  /** Every wanted slot is ready and no reload runs: listening sockets that nobody holds can go. */
  | { readonly do: "settled" }
  /** Clients are to be refused from now on. */
  | { readonly do: "close-listeners" }
  | { readonly do: "answer"; readonly request: RequestId; readonly error: Refusal | null }
  | {
      readonly do: "finish";
      readonly exitCode: number;
      readonly reason: EndReason;
      readonly failures: number;
      readonly last: LastFailure | null;
    };
