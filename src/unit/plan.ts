/** Unit: what `holdfast unit` is told about a service, and the files that it makes of it. Types only. */

import type { SlotSockets } from "../config/slot-sockets.js";

/** Paths are absolute, times are milliseconds. No text has control characters. */
export type UnitPlan = {
  /** Of the fleet, and of the unit. */
  readonly name: string;
  readonly node: string;
  /** The command line's own file. */
  readonly holdfast: string;
  readonly entry: string;
  /** Behind `--`. */
  readonly args: readonly string[];
  /** Flags of `holdfast start`, as they are to be written. */
  readonly startFlags: readonly string[];
  /** Arguments for node itself, in a template unit. */
  readonly nodeArgs: readonly string[];
  readonly folder: string;
  /** `user`: for `systemctl --user`; `runAs` is not asked then. */
  readonly scope: "system" | "user";
  readonly runAs: string;
  /** From 253 on a reload is a matter between systemd and Holdfast. */
  readonly systemdVersion: number;
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly environmentFiles: readonly string[];
  /** Folders that the app may write to. */
  readonly writable: readonly string[];
  /** The shutdown delay and the drain time-out together. Milliseconds. */
  readonly stopsWithin: number;
  readonly listen: SlotSockets | undefined;
  /** Whether a port below 1024 is asked for. */
  readonly lowPort: boolean;
  /** What systemd opens for the service: values of ListenStream=. Undefined: Holdfast opens its sockets. */
  readonly sockets: readonly string[] | undefined;
};

export type UnitFile = { readonly name: string; readonly text: string };
