import { expect } from "vitest";

/** Nothing was found that is wrong; else all of it stands in the message. Undefined: there was no look at it. */
export function expectNone(findings: readonly string[] = ["it did not run"], context = ""): void {
  if (findings.length > 0) expect.fail([...findings, context].join("\n"));
}
