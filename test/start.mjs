import { spawn } from "node:child_process";
import { top } from "../packaging/setup.mjs";

/**
 * Runs a program in the project's folder.
 * @param setting.output chunks of what it prints are kept here; else they are on our own terminal
 * @returns the exit code
 */
export function start(command, args, { env = {}, output } = {}) {
  const sink = output ? "pipe" : "inherit";
  const child = spawn(command, args, {
    cwd: top,
    env: { ...process.env, ...env },
    stdio: [output ? "ignore" : "inherit", sink, sink],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => output.push(chunk));
  }
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}
