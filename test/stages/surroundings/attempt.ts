import { execFile } from "node:child_process";

export interface Outcome {
  /** 128 and the signal's number for one that was killed, as a shell has it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Ten minutes, for a program or for what a cluster does of itself: in the machine each program starts slowly. */
export const sceneMs = 600_000;

/** Runs a program to its end, whatever that is. */
export function attempt(command: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = {
      timeout: sceneMs,
      killSignal: "SIGKILL",
      maxBuffer: 1 << 26,
      env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", SYSTEMD_PAGER: "" },
    } as const;
    const child = execFile(command, args, options, (error, out, err) => {
      resolve({ code: error === null ? 0 : (child.exitCode ?? 137), out, err });
    });
    child.stdin?.end();
  });
}

/** @throws Error with all that it said, when it does not end with 0 */
export async function succeed(command: string, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await attempt(command, ...args);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")}: ${code}\n${out}${err}`);
  return out;
}
