import { writeSync } from "node:fs";
import type { ReportLine } from "../config/diagnostics.ts";
import { writeToStderr } from "../log/sinks/stream.ts";
import { printable } from "../model/one-line.ts";

/** Where a command speaks to whoever gave it. Both take text as it is to appear, line ends and all. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** This process's standard output and standard error. */
export const ownTerminal: Terminal = { out: print, err: writeToStderr };

/** Of a process whose standard error nobody reads: what it says is kept, to be passed on. */
export function keptTerminal(): Terminal & { kept(): string } {
  let kept = "";
  return {
    out: print,
    err: (text) => {
      kept += text;
    },
    kept: () => kept,
  };
}

/** What a file is like, a line each. */
export function showLines({ err }: Terminal, lines: readonly ReportLine[]): void {
  for (const { text } of lines) err(`${printable(text)}\n`);
}

/** All of it, at once: the process may end right after. A reader that is gone is no reason to fail. */
function print(text: string): void {
  const bytes = Buffer.from(text);
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      // A pipe that somebody made non-blocking, and a slow reader: let it catch up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
