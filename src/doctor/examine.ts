import type { Facts } from "./facts.ts";
import type { Mend, Severity } from "./rule.ts";
import { rules } from "./rules.ts";

export interface Finding {
  readonly id: string;
  readonly severity: Severity | "fine";
  readonly what: string;
  /** Of what is wrong: whom it hurts. */
  readonly why?: string;
  readonly mend?: Mend;
}

/** What could not be looked at. */
export interface Unseen {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  readonly mend?: Mend;
}

export interface Examination {
  /** Faults first, then advice, then what is fine; each in the rules' order. One for each check that was made. */
  readonly findings: readonly Finding[];
  readonly unseen: readonly Unseen[];
}

const order = ["fault", "advice", "fine"] as const;

/** Every rule on the facts. */
export function examine(facts: Facts): Examination {
  const findings: Finding[] = [];
  const unseen: Unseen[] = [];
  for (const { id, severity, why, look } of rules) {
    for (const outcome of look(facts)) {
      const { is, what } = outcome;
      if (is === "unseen") {
        const { why: unknown, mend } = outcome;
        unseen.push({ id, what, why: unknown, ...(mend === undefined ? {} : { mend }) });
      } else if (is === "fine") findings.push({ id, severity: "fine", what });
      else findings.push({ id, severity, what, why, mend: outcome.mend });
    }
  }
  findings.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return { findings, unseen };
}
