import { type Family, familyOf } from "../../../src/model/address.ts";
import { oneLine } from "../detail.ts";
import { LocalFault } from "../fault.ts";
import { runProgram } from "../program/program.ts";
import type { RunSignal } from "../run-signal.ts";

/** ping(8) of iputils: 0 an answer, 1 none, 2 it could not ask. */
const answered = 0;
const unanswered = 1;

/**
 * One attempt by the system's `ping`, for where no ICMP socket may be opened.
 * @param timeoutMs rounded up to whole seconds, ping's unit
 * @throws LocalFault when there is no such program, or it could not ask
 */
export async function pingByProgram(
  address: string,
  timeoutMs: number,
  signal: RunSignal,
): Promise<boolean> {
  const { default: factory } = await import("ping/lib/builder/factory.js");
  const args = factory.createBuilder("linux").getCommandArguments(address, {
    numeric: true,
    timeout: Math.ceil(timeoutMs / 1000),
    min_reply: 1,
    extra: [familyFlag[familyOf(address)]],
  });
  const end = await runProgram("ping", args, signal).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      throw new LocalFault(
        "NO_ICMP",
        "no ICMP socket may be opened, and there is no ping program",
        {
          cause,
        },
      );
    }
    throw cause;
  });
  if (end.status === answered) return true;
  if (end.status === unanswered) return false;
  throw new LocalFault("NO_ICMP", oneLine(`the ping program: ${end.output}`));
}

const familyFlag: Readonly<Record<Family, string>> = { 4: "-4", 6: "-6" };
