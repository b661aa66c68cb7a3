/**
 * Primary: says one thing to systemd, with the program that comes with it: Node has no Unix datagram sockets. It ends when systemd has read
 * the message (from version 246 on), so that systemd still knows whose child it is; the unit needs `NotifyAccess=all`.
 */

import { spawn } from "node:child_process";

const PROGRAM = "systemd-notify";
/** The program itself waits for 5 s at most; a socket that nobody reads would keep it. Milliseconds. */
const PATIENCE = 10_000;
const LONGEST_WORDS = 500;

/** @returns what went wrong, or undefined */
export type SendNotice = (assignments: readonly string[]) => Promise<NoticeProblem | undefined>;
export type NoticeProblem = { readonly isMissing: boolean; readonly text: string };

/** @param socket the value of NOTIFY_SOCKET @param env where the program is found */
export function noticeProgram(socket: string, env: NodeJS.ProcessEnv): SendNotice {
  const childEnv = { ...(env.PATH !== undefined && { PATH: env.PATH }), NOTIFY_SOCKET: socket };
  return (assignments) =>
    new Promise((resolve) => {
      const child = spawn(PROGRAM, assignments, { env: childEnv, stdio: ["ignore", "ignore", "pipe"] });
      const limit = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      let words = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        words = (words + text).slice(0, LONGEST_WORDS);
      });
      child.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(limit);
        resolve({ isMissing: error.code === "ENOENT", text: error.message });
      });
      child.on("close", (code, signal) => {
        clearTimeout(limit);
        const how = words.trim() || (signal === null ? `it ended with ${code}` : `it was ended by ${signal}`);
        resolve(code === 0 ? undefined : { isMissing: false, text: how });
      });
    });
}
