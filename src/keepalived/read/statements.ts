import type { Findings } from "../finding.ts";
import type { NotOursTable } from "../not-ours.ts";
import { type Statement, shown } from "../text/blocks.ts";

/** What a kind of block may say. */
export interface Words<Draft> {
  /** What each word does to what is read. */
  readonly takes: Readonly<
    Record<string, (statement: Statement, draft: Draft, findings: Findings) => void>
  >;
  /** Without them nothing is lost. */
  readonly isSilent?: (word: string) => boolean;
  readonly notOurs?: NotOursTable;
}

/** Takes each statement by its word, and tells of those that are lost. Unknown ones keepalived passes over, too. */
export function readStatements<Draft>(
  statements: readonly Statement[],
  draft: Draft,
  { takes, isSilent = () => false, notOurs = {} }: Words<Draft>,
  findings: Findings,
): void {
  for (const statement of statements) {
    const { keyword } = statement;
    const take = own(takes, keyword);
    const lost = own(notOurs, keyword);
    if (take !== undefined) take(statement, draft, findings);
    else if (lost !== undefined)
      findings.lost(statement, shown(statement), lost.meaning, lost.near);
    else if (!isSilent(keyword)) {
      findings.lost(
        statement,
        shown(statement),
        "the word is not known here: nothing was made of it",
      );
    }
  }
}

/** `constructor` is a word of nobody's. */
const own = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** For building a value step by step. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A value that was refused leaves what was said before it. */
export function keep<Draft, Key extends keyof Draft>(
  draft: Draft,
  key: Key,
  value: Draft[Key] | undefined,
): void {
  if (value !== undefined) draft[key] = value;
}
