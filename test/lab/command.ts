import { spawn } from "node:child_process";
import { patienceMs } from "./until.ts";

export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** What the program printed. Rejects when it ends with another code than 0, or takes too long. */
export function run(command: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { timeout: patienceMs, killSignal: "SIGKILL" });
    let out = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve(out);
      else
        reject(new CommandFailed(`${[command, ...args].join(" ")}: ${signal ?? code}: ${errors}`));
    });
    child.stdin.on("error", () => undefined); // it may end without reading
    child.stdin.end(input);
  });
}
