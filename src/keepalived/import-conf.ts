import { convert, type Imported } from "./convert/convert.ts";
import { type Finding, Findings } from "./finding.ts";
import { readConf } from "./read/conf.ts";
import type { ExpandOptions } from "./text/expand.ts";
import { readSource } from "./text/read-source.ts";

export interface ImportedConf extends Imported {
  /** In the order of the lines. */
  readonly found: readonly Finding[];
  /** How many were found beside these. */
  readonly more: number;
}

/** Reads a keepalived.conf, and what it includes. @throws what the system has to say of the file */
export async function importConf(path: string, options: ExpandOptions): Promise<ImportedConf> {
  const findings = new Findings();
  const conf = readConf(await readSource(path, findings), findings, options);
  const imported = convert(conf, findings);
  return { ...imported, found: inOrder(findings.kept), more: findings.more };
}

/** Line by line, file by file as they come. */
function inOrder(found: readonly Finding[]): readonly Finding[] {
  const files = [...new Set(found.map(({ file }) => file))];
  const rank = ({ file }: Finding): number => files.indexOf(file);
  return [...found].sort((a, b) => rank(a) - rank(b) || a.line - b.line);
}
