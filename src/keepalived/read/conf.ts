import type { Findings } from "../finding.ts";
import type { Conf, VirtualAddress, VirtualServer } from "../model.ts";
import { isSilentGlobal, notOursAtTop } from "../not-ours.ts";
import { blocksOf, type Statement, shown } from "../text/blocks.ts";
import { type ExpandOptions, expanded } from "../text/expand.ts";
import type { SourceLine } from "../text/source.ts";
import { range, readMark, refused } from "../values.ts";
import { type GlobalsDraft, globalWords } from "./globals.ts";
import { readStatements, type Words } from "./statements.ts";
import { readVirtual } from "./virtual.ts";

interface ConfDraft {
  readonly globals: GlobalsDraft;
  readonly groups: Map<string, readonly VirtualAddress[]>;
  readonly virtuals: VirtualServer[];
}

/** Pure: a keepalived.conf to what is of use to us of it. What is of none is told. */
export function readConf(
  source: readonly SourceLine[],
  findings: Findings,
  options: ExpandOptions,
): Conf {
  const draft: ConfDraft = { globals: { recipients: [] }, groups: new Map(), virtuals: [] };
  const blocks = blocksOf(expanded(source, findings, options), findings);
  const top: Words<ConfDraft> = {
    takes: {
      global_defs: ({ block = [] }, { globals }) =>
        readStatements(block, globals, globalWords, findings),
      virtual_server_group: (statement, { groups }) => {
        const name = statement.args[0] ?? "";
        if (groups.has(name)) refused(statement, findings, "there is one of this name already");
        else groups.set(name, readGroup(statement, findings));
      },
      virtual_server: (statement, { virtuals }) => {
        const virtual = readVirtual(statement, findings);
        if (virtual !== undefined) virtuals.push(virtual);
      },
    },
    isSilent: isSilentGlobal,
    notOurs: notOursAtTop,
  };
  readStatements(blocks, draft, top, findings);
  return draft;
}

/** More come from a slip in a range. */
const maxAddresses = 10_000;

function readGroup(group: Statement, findings: Findings): readonly VirtualAddress[] {
  const addresses: VirtualAddress[] = [];
  for (const statement of group.block ?? []) {
    const { keyword, args } = statement;
    if (keyword === "fwmark") {
      const mark = readMark(args[0]);
      const family = args[1] === "inet6" ? 6 : 4;
      if (mark === undefined)
        refused(statement, findings, "a mark from 1 to 4294967295 is missing");
      else addresses.push({ kind: "fwmark", mark, ...(args[1] !== undefined && { family }) });
    } else {
      const some = range([keyword, ...args]);
      if (typeof some === "string") refused(statement, findings, some);
      else if (addresses.length + some.length > maxAddresses)
        refused(statement, findings, `the group has more than ${maxAddresses} addresses`);
      else addresses.push(...some.map((each) => ({ kind: "address" as const, ...each })));
    }
  }
  if (addresses.length === 0) findings.lost(group, shown(group), "the group has no address");
  return addresses;
}
