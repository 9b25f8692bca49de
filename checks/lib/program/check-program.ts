import { access, constants } from "node:fs/promises";
import { formatHost } from "../../../src/model/address.ts";
import { ok, type Result } from "../../../src/model/result.ts";
import { type CheckSettings, down, type PreparedProbe, up, type Verdict } from "../../check.ts";
import { oneLine } from "../detail.ts";
import { LocalFault } from "../fault.ts";
import { type ProgramEnd, runProgram } from "./program.ts";

/**
 * exec's errors about the program that the file names. Nobody was asked then: a disk that is gone, or a
 * slip in the name, says nothing of any real server.
 */
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
 * @param command the program, and before the four arguments the script that it reads
 */
export function prepareProgram(
  command: readonly [file: string, ...args: string[]],
  settings: CheckSettings,
): Result<PreparedProbe, never> {
  const [file, ...before] = command;
  const [script] = before;
  const args = [...before, ...programArguments(settings)];
  return ok({
    timeoutMs: settings.checkTimeoutMs,
    probeKey: JSON.stringify([file, ...args]),
    probe: async (_target, signal) => {
      try {
        const end = await runProgram(file, args, signal);
        if (end.status !== 0 && script !== undefined) await access(script, constants.R_OK);
        return verdictOn(end);
      } catch (error) {
        throw faultOf(error, settings.checkCommand);
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

/** `error` itself when it says nothing about the program. */
function faultOf(error: unknown, checkCommand: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words = cannotRun.get(code);
  if (words === undefined) return error;
  const hint = checkCommand.includes(" ") ? " (checkcommand takes no arguments)" : "";
  const detail = oneLine(`${checkCommand}: ${words}${hint}`);
  return new LocalFault("CHECKCOMMAND", detail, { cause: error });
}

const lastLine = (output: string): string => output.trimEnd().split("\n").at(-1) ?? "";
