/**
 * Worker: the primary decides when a worker ends. A terminal (Ctrl-C, or when it closes), systemd and Heroku signal every process at
 * once; until the worker has drained, the app does not hear TERM, INT and HUP, afterwards its own handlers run as usual.
 */

const HELD = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

export class SignalGate {
  #released = false;
  readonly #emit = process.emit.bind(process) as (event: string | symbol, ...args: unknown[]) => boolean;

  install(): void {
    process.emit = ((event: string | symbol, ...args: unknown[]) => {
      if (!this.#released && HELD.some((signal) => signal === event)) return true;
      return this.#emit(event, ...args);
    }) as typeof process.emit;
    // Without a listener of anyone's, Node would not catch the signal at all and the process would die of it.
    for (const signal of HELD) process.on(signal, exitIfAlone);
  }

  /** Ends the process the way the app wants it: by its own handler for TERM, or the one for INT, else at once. */
  release(): void {
    this.#released = true;
    const onlyInterrupt = process.listenerCount("SIGTERM") === 1 && process.listenerCount("SIGINT") > 1;
    if (onlyInterrupt) this.#emit("SIGINT", "SIGINT", 2);
    else this.#emit("SIGTERM", "SIGTERM", 15);
  }
}

function exitIfAlone(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) process.exit(0);
}
