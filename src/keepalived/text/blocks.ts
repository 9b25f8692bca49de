import type { ConfPlace, Findings } from "../finding.ts";
import type { SourceLine } from "./source.ts";
import { tokensOf } from "./words.ts";

/** `weight 3`, or `TCP_CHECK { … }`. */
export interface Statement extends ConfPlace {
  readonly keyword: string;
  readonly args: readonly string[];
  /** What stands between its braces. */
  readonly block?: readonly Statement[];
}

/** As it stands there. */
export const shown = ({ keyword, args }: Statement): string => [keyword, ...args].join(" ");

type Draft = { -readonly [Key in keyof Statement]: Statement[Key] } & { block?: Draft[] };

/** keepalived knows no deeper ones than five. */
const maxDepth = 16;

/** Lines to statements. A brace may stand in the line of its word, or in the next. */
export function blocksOf(lines: readonly SourceLine[], findings: Findings): readonly Statement[] {
  const top: Draft[] = [];
  const open: Draft[] = [];
  let tooDeep = 0;
  const here = (): Draft[] => open.at(-1)?.block ?? top;

  for (const line of lines) {
    const words: string[] = [];
    const endStatement = (): void => {
      const [keyword, ...args] = words.splice(0);
      const { file, line: number } = line;
      if (keyword !== undefined && tooDeep === 0)
        here().push({ file, line: number, keyword, args });
    };
    for (const token of tokensOf(line.text)) {
      if (token.kind === "word") words.push(token.text);
      else if (token.kind === "open") {
        endStatement();
        const head = here().at(-1);
        if (tooDeep > 0 || open.length === maxDepth) tooDeep += 1;
        else if (head === undefined || head.block !== undefined) {
          findings.lost(line, "{", "a block without a name is left out");
          open.push({ file: line.file, line: line.line, keyword: "", args: [], block: [] });
        } else {
          head.block = [];
          open.push(head);
        }
      } else {
        endStatement();
        if (tooDeep > 0) tooDeep -= 1;
        else if (open.pop() === undefined) {
          findings.lost(
            line,
            "}",
            "one too many: nothing is open here",
            "look at the braces before it",
          );
        }
      }
    }
    endStatement();
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) {
    findings.lost(
      unclosed,
      `${shown(unclosed)} {`,
      "its } is missing; all that follows was read as part of it",
    );
  }
  return top;
}
