import type { Terminal } from "../../../src/commands/terminal.ts";

/** A terminal that keeps all that it is told. */
export function heardTerminal(): {
  readonly terminal: Terminal;
  readonly heard: { out: string; err: string };
} {
  const heard = { out: "", err: "" };
  const terminal: Terminal = {
    out: (text) => {
      heard.out += text;
    },
    err: (text) => {
      heard.err += text;
    },
  };
  return { terminal, heard };
}
