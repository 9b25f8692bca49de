/** One directive as the file has it. */
export interface Statement {
  /** `checktimeout`, `real6`, …: as written, known in its scope. */
  readonly name: string;
  /**
   * Behind the `=`, trimmed; the trailing comment is cut, tabs of a block line are four blanks. A real
   * server keeps its trailing blanks: to the original they tell a missing method from a wrong address.
   */
  readonly value: string;
  /** The trailing comment, with its `#`. */
  readonly comment?: string;
  readonly wasStraightened: boolean;
  /** False for a bare word (`supervised`). */
  readonly hasEquals: boolean;
  /** 1-based. */
  readonly line: number;
  /** 1-based column of the directive and of its value. */
  readonly column: number;
  readonly valueColumn: number;
  /** The whole line as it stands in the file, with its line end, if any. */
  readonly raw: string;
}

/** A `virtual=` line and the indented lines below it. */
export interface VirtualBlock {
  readonly head: Statement;
  readonly body: readonly Statement[];
  /** The line that ended the block: the next unindented one, else the file's last. */
  readonly endLine: number;
  /** False when a line that is not understood stands in it, or cut it short: it may have meant to say more. */
  readonly isWhole: boolean;
  /** Where the original stands when it looks up the block's names; see Diagnostic.order. */
  readonly endOrder: number;
}

/** An `ldirectord.cf` as written: nothing is checked but the directives' names and places. */
export interface ConfigAst {
  readonly globals: readonly Statement[];
  readonly virtuals: readonly VirtualBlock[];
}
