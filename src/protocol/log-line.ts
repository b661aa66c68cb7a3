/** Protocol: one line of `GET /logs`. Types only. */

export type LogLine = {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** `log`: one of Holdfast's own; else what an app printed. */
  readonly stream: "stdout" | "stderr" | "log";
  /** null: a line about the whole fleet. */
  readonly slot: number | null;
  readonly generation: number | null;
  readonly text: string;
};
