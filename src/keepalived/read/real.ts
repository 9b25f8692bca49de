import type { Findings } from "../finding.ts";
import type { Checker, RealServer } from "../model.ts";
import { isSilentInReal, notOursInReal } from "../not-ours.ts";
import { type Statement, shown } from "../text/blocks.ts";
import { bool, method, said, server, wholeNumber } from "../values.ts";
import { checkerNames, readChecker } from "./checker.ts";
import { keep, readStatements, type Words, type Writable } from "./statements.ts";
import { type TimingDraft, timingWords } from "./timing.ts";

type Draft = Writable<Omit<RealServer, "checkers" | "timing">> & {
  readonly checkers: Checker[];
  readonly timing: TimingDraft;
};

/** @returns undefined when keepalived skips it, too, which is told */
export function readReal(statement: Statement, findings: Findings): RealServer | undefined {
  const found = server(statement.args);
  const { file, line, block = [] } = statement;
  if (typeof found === "string") {
    findings.lost(statement, shown(statement), `${found}: the real server is left out`);
    return undefined;
  }
  const draft: Draft = {
    ...{ file, line, what: shown(statement), server: found },
    ...{ timing: {}, checkers: [] },
  };
  readStatements(block, draft, realWords, findings);
  return draft;
}

const realWords: Words<Draft> = {
  takes: {
    ...timingWords,
    ...Object.fromEntries(
      checkerNames.map((name) => [
        name,
        (statement: Statement, { checkers }: Draft, findings: Findings) => {
          const checker = readChecker(statement, findings);
          if (checker !== undefined) checkers.push(checker);
        },
      ]),
    ),
    weight: (statement, draft, findings) => {
      keep(draft, "weight", wholeNumber(statement, findings, [0, 2 ** 31 - 1]));
    },
    lvs_method: (statement, draft, findings) => {
      keep(draft, "method", method(statement, findings));
    },
    uthreshold: (statement, draft, findings) => {
      keep(draft, "upperThreshold", wholeNumber(statement, findings, [0, 0xffff_ffff]));
    },
    lthreshold: (statement, draft, findings) => {
      keep(draft, "lowerThreshold", wholeNumber(statement, findings, [0, 0xffff_ffff]));
    },
    inhibit_on_failure: (statement, draft, findings) => {
      keep(draft, "inhibiting", bool(statement, findings));
    },
    smtp_alert: (statement, draft, findings) => {
      keep(draft, "isAlerting", bool(statement, findings));
    },
    virtualhost: (statement, draft) => {
      draft.virtualhost = said(statement, statement.args[0] ?? "");
    },
  },
  isSilent: isSilentInReal,
  notOurs: notOursInReal,
};
