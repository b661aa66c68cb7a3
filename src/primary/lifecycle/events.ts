/** Primary, pure: what can happen to a fleet, and what `apply` asks to be done about it. Types only. */

import type { FailureKind, HandoffReport } from "../../protocol/messages.js";
import type { EndReason, LastFailure, LifecycleSettings } from "./state.js";

/** Answers a request that came over the control socket; chosen by the asker. */
export type RequestId = number;

export type FleetEvent =
  | { readonly type: "start" }
  | { readonly type: "tick" }
  | { readonly type: "spawned"; readonly worker: number; readonly pid: number }
  /** `unsupported`: why sessions can neither come to this worker nor leave it. */
  | { readonly type: "ready"; readonly worker: number; readonly unsupported?: string }
  /** A worker that waits to take over said anything at all. */
  | { readonly type: "heard"; readonly worker: number }
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
  /** The fleet cannot be part of its site, or must not wait for it any longer; `message`: one sentence. */
  | {
      readonly type: "cannot-join";
      readonly message: string;
      readonly code: string;
      readonly exitCode: number;
    }
  | {
      readonly type: "handoff-progress";
      readonly worker: number;
      readonly moved: number;
      readonly left: number;
    }
  | { readonly type: "handed-over"; readonly worker: number; readonly report: HandoffReport }
  /** `worker` waits in vain for an answer of the one in `slot` that takes its sessions. */
  | { readonly type: "handoff-stuck"; readonly worker: number; readonly slot: number }
  | {
      readonly type: "drained";
      readonly worker: number;
      readonly closed: number;
      readonly report?: HandoffReport;
    }
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
  /** `parallel`: slots at a time, if not as the settings say. */
  | {
      readonly type: "reload";
      readonly by: string;
      readonly request?: RequestId;
      readonly parallel?: number;
    }
  /** `rebalance`: sessions move to the new slots from the fullest ones. */
  | {
      readonly type: "scale";
      readonly to: number;
      readonly by: string;
      readonly request?: RequestId;
      readonly rebalance?: boolean;
    }
  /** Answers `count-sessions`. */
  | { readonly type: "sessions-counted"; readonly counts: readonly SlotCount[] }
  | { readonly type: "scale-by"; readonly change: 1 | -1; readonly by: string }
  /** The configuration was read again; what counts slots stays as it is. */
  | { readonly type: "settings"; readonly settings: LifecycleSettings };

/** How many sessions a slot has. */
export type SlotCount = { readonly slot: number; readonly sessions: number };

/** `message`: a sentence for people. `usage`: what the user wrote cannot be used. */
export type Refusal = { readonly code: string; readonly message: string; readonly usage?: true };

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
      /** Beside a worker that serves: it accepts nothing until it is told to take over. */
      readonly takesOver: boolean;
    }
  /** Move sessions to the workers of the slots `to`. */
  | {
      readonly do: "hand-over";
      readonly worker: number;
      readonly to: readonly number[];
      readonly within: number;
      /** Only so many; the worker stays. */
      readonly share?: number;
    }
  /** Say how many sessions each slot has, with `sessions-counted`. */
  | { readonly do: "count-sessions" }
  /** Accept connections from now on. */
  | { readonly do: "take-over"; readonly worker: number }
  /** Who was to take the sessions is gone: take them back. */
  | { readonly do: "keep"; readonly worker: number }
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
