import { formatHost } from "../../src/model/address.ts";
import { ok, type Result } from "../../src/model/result.ts";
import { type CheckSettings, down, type PreparedProbe, up, type Verdict } from "../check.ts";
import { oneLine } from "./detail.ts";
import { type ProgramEnd, runProgram } from "./program.ts";

/** exec's errors that are about the program the file names, not about us. */
const cannotRun: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such program"],
  ["ENOTDIR", "no such program"],
  ["ELOOP", "too many symbolic links"],
  ["ENAMETOOLONG", "no such program"],
  ["EACCES", "not executable"],
  ["ENOEXEC", "not a program"],
]);

/** Virtual address (or mark) and port (a mark's is 0), real address and port; IPv6 in brackets. */
function programArguments({ virtual, real }: CheckSettings): readonly string[] {
  const [name, port] =
    virtual.kind === "fwmark"
      ? [String(virtual.mark), 0]
      : [formatHost(virtual.endpoint.address), virtual.endpoint.port];
  return [name, String(port), formatHost(real.address), String(real.port)];
}

/**
 * A probe that is a program's exit status: 0 is up.
 * @param command the program and what comes before the four arguments
 */
export function prepareProgram(
  command: readonly [file: string, ...args: string[]],
  settings: CheckSettings,
): Result<PreparedProbe, never> {
  const [file, ...before] = command;
  const args = [...before, ...programArguments(settings)];
  return ok({
    timeoutMs: settings.checkTimeoutMs,
    sameness: JSON.stringify([file, ...args]),
    probe: async (_target, signal) => {
      try {
        return verdictOn(await runProgram(file, args, signal));
      } catch (error) {
        return cannotRunVerdict(error, file);
      }
    },
  });
}

function verdictOn({ status, signal, output }: ProgramEnd): Verdict {
  const said = lastLine(output);
  const words = said === "" ? "" : `: ${said}`;
  if (signal !== null) return down("status", oneLine(`ended by ${signal}${words}`));
  const detail = oneLine(`exit status ${status}${words}`);
  return status === 0 ? up(detail) : down("status", detail);
}

/** @throws `error` when it says nothing about the program */
function cannotRunVerdict(error: unknown, file: string): Verdict {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words = cannotRun.get(code);
  if (words === undefined) throw error;
  const hint = file.includes(" ") ? " (checkcommand takes no arguments)" : "";
  return down("status", oneLine(`${file}: ${words}${hint}`));
}

const lastLine = (output: string): string => output.trimEnd().split("\n").at(-1) ?? "";
