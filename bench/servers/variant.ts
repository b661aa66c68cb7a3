/** Servers: the contract of a variant, which is one way to run the same app. */

/** In the order of the tables. */
export const VARIANT_NAMES = [
  "control",
  "single",
  "holdfast",
  "sticky",
  "nginx",
  "nginx-sid",
  "pm2",
] as const;
export type VariantName = (typeof VARIANT_NAMES)[number];

/** Whom `npm run bench` takes unless told otherwise; the others are compared by `npm run bench:proxy`. */
export const USUAL_VARIANTS: readonly VariantName[] = ["control", "single", "holdfast", "sticky", "nginx"];

/** Those that run dist/. */
export const BUILT_VARIANTS: readonly VariantName[] = ["holdfast", "nginx-sid", "pm2"];

export type StartOptions = {
  readonly workers: number;
  /** A folder of this turn alone. */
  readonly directory: string;
  /** Added to the environment of every process. */
  readonly env?: Readonly<Record<string, string>>;
};

export type Servers = {
  /** Processes that run the app. */
  readonly workers: number;
  /** Where clients connect to, in turn. */
  readonly ports: readonly number[];
  /** The processes at the root of everything that serves. */
  readonly roots: readonly number[];
  /** @throws when a root process has ended by itself */
  check(): void;
  stop(): Promise<void>;
};

export type Variant = {
  readonly name: VariantName;
  readonly title: string;
  /** @returns a sentence that says why the variant cannot run here, or undefined */
  missing(): string | undefined;
  /** Settles when every worker takes connections. */
  start(options: StartOptions): Promise<Servers>;
};
