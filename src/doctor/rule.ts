import type { Facts, Seen } from "./facts.ts";

export type Severity = "fault" | "advice";

/** One thing that can be wrong with a director. */
export interface Rule {
  /** Stable: scripts and docs/doctor.md name it. */
  readonly id: string;
  /** Of what it finds. fault: clients are hurt, now or at the next failure. */
  readonly severity: Severity;
  /** What is wrong when it finds something: for the table in docs/doctor.md. */
  readonly finds: string;
  /** One sentence. */
  readonly why: string;
  /** One outcome for each thing that was looked at; none where the rule does not apply. */
  readonly look: (facts: Facts) => readonly Outcome[];
}

export type Outcome =
  | { readonly is: "fine"; readonly what: string }
  | { readonly is: "wrong"; readonly what: string; readonly mend: Mend }
  /** Cannot be seen from here, or not now. */
  | { readonly is: "unseen"; readonly what: string; readonly why: string; readonly mend?: Mend };

export interface Mend {
  /** Where to type them, when that is not this host. */
  readonly on?: string;
  /** Lines for a shell. */
  readonly commands: readonly string[];
}

export const fine = (what: string): Outcome => ({ is: "fine", what });

export const wrong = (what: string, commands: readonly string[], on?: string): Outcome => ({
  is: "wrong",
  what,
  mend: { ...(on === undefined ? {} : { on }), commands },
});

export const unseen = (what: string, why: string, mend?: Mend): Outcome => ({
  is: "unseen",
  what,
  why,
  ...(mend === undefined ? {} : { mend }),
});

/** Goes on with what was seen, or tells that it was not. */
export const whenSeen = <T>(
  seen: Seen<T>,
  what: string,
  go: (value: T) => readonly Outcome[],
): readonly Outcome[] => (seen.ok ? go(seen.value) : [unseen(what, seen.error)]);

/** `a, b, c and 4 more` */
export function listed(names: Iterable<string>, most = 4): string {
  const all = [...new Set(names)];
  const more = all.length > most ? ` and ${all.length - most} more` : "";
  return `${all.slice(0, most).join(", ")}${more}`;
}
