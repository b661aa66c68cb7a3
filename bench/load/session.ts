/** Load client, thread: what every kind of session offers to the workloads. */

export type Session = {
  /** The server process that owns the session. */
  readonly worker: string;
  readonly failure: Error | undefined;
  echo(text: string): Promise<void>;
  /** Ends the session in order; settles when the server has ended it too. */
  close(): Promise<void>;
  /** Drops everything at once; for a session that has failed. */
  abandon(): void;
};
