import type { ServiceWords } from "../../model/service-words.ts";
import type { CheckType } from "../../model/virtual-service.ts";
import type { Scope } from "../text/directives.ts";

export interface Problem {
  readonly severity: "error" | "warning";
  /** The original's words, when it has any for this. */
  readonly legacy?: string;
  readonly message: string;
  /** See Diagnostic. */
  readonly hint?: string;
  readonly ifRefused?: { readonly legacy: string; readonly message: string };
}

/** A value as the directive's kind has it: a number, yes as true, text, or a checktype. */
export type SettingValue = string | number | boolean | Exclude<CheckType, string>;

export interface Reading {
  /** Absent when the directive says nothing that holds. */
  readonly value?: SettingValue;
  readonly problems: readonly Problem[];
}

export interface ValueContext {
  readonly scope: Scope;
  readonly family: 4 | 6;
  readonly isFwmark: boolean;
  readonly services: ServiceWords;
}

export const fine = (value: SettingValue, ...problems: (Problem | undefined)[]): Reading => ({
  value,
  problems: problems.filter((problem) => problem !== undefined),
});
export const bad = (legacy: string | undefined, message: string, hint?: string): Reading => ({
  problems: [
    {
      severity: "error",
      ...(legacy === undefined ? {} : { legacy }),
      message,
      ...(hint === undefined ? {} : { hint }),
    },
  ],
});
export const warn = (message: string, legacy?: string): Problem => ({
  severity: "warning",
  message,
  ...(legacy === undefined ? {} : { legacy }),
});

/** One pair around the whole, when there is nothing to doubt. */
export const strip = (value: string): string =>
  /^"[^"]*"$/.test(value) ? value.slice(1, -1).trim() : value;

export function ignoredRest(value: string, taken: string, what: string): Problem | undefined {
  if (strip(value) === taken) return undefined;
  return warn(`${JSON.stringify(value)} is taken as ${what} "${taken}"; the rest is ignored`);
}
