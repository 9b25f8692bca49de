import { spawnSync } from "node:child_process";

/** Exit code of what cannot be done on this machine, and has said why. */
export const CANNOT = 77;

/**
 * Runs a setup.sh.
 * @returns the one line that it prints; undefined when it could not bring what is needed, and has said why
 */
export function trySetUp(script, ...args) {
  const { status, stdout } = spawnSync("bash", [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0 && status !== CANNOT) process.exit(1);
  return status === 0 ? stdout.trim() : undefined;
}

/** The same, or the end of this process. */
export const setUp = (script, ...args) => trySetUp(script, ...args) ?? process.exit(CANNOT);
