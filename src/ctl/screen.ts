import type { Terminal } from "../commands/terminal.ts";

/** Where ldirectorctl speaks to whoever called it. */
export interface Screen extends Terminal {
  /** Of the terminal; undefined where standard output is none: then a sentence is a line, however long. */
  readonly columns: number | undefined;
  /** Of the terminal. */
  readonly rows?: number | undefined;
  readonly hasColour: boolean;
}

const colours = { red: 31, green: 32, yellow: 33 } as const;

export const coloured = (
  { hasColour }: Screen,
  colour: keyof typeof colours,
  text: string,
): string => (hasColour ? `\x1b[${colours[colour]}m${text}\x1b[0m` : text);

/** Breaks a line at blanks, so that it fits; what follows the first is set in. A word that is too long stays whole. */
export function wrapped({ columns }: Screen, line: string, indent = "    "): string {
  if (columns === undefined || line.length <= columns) return line;
  const lines: string[] = [];
  let current = /^ */.exec(line)?.[0] ?? "";
  let isBegun = false;
  for (const word of line.trimStart().split(" ")) {
    const longer = isBegun ? `${current} ${word}` : `${current}${word}`;
    if (isBegun && longer.length > columns) {
      lines.push(current);
      current = `${indent}${word}`;
    } else current = longer;
    isBegun = true;
  }
  return [...lines, current].join("\n");
}
