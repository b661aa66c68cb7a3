/** Paper scale: what a run leaves behind, as it is written to bench/results/scale.json. Types only. */

import type { Limits, Load, UnitCosts } from "./figures.js";
import type { ScaleRow } from "./model.js";

export type ScaleSettings = {
  readonly hosts: readonly number[];
  readonly workers: readonly number[];
  readonly loads: readonly Load[];
  readonly limits: Limits;
};

export type ScaleResults = {
  readonly settings: ScaleSettings;
  readonly environment: Readonly<Record<string, string>>;
  readonly costs: UnitCosts;
  /** Whether the costs of a bridge are those of its Redis client alone, of a real run, or were given. */
  readonly bridgeFrom: "client" | "bench:site" | "given";
  readonly rows: readonly ScaleRow[];
};
