import type { Family } from "../../model/address.ts";
import type { Problem } from "../values/reading.ts";
import type { Answers } from "./resolve.ts";

/**
 * The warning for a name that cannot be looked up now: the rest of the file runs.
 * @param without what is done as long as it has no address @param legacy the original's words, which refuses the file
 */
export function nameTrouble(
  name: string,
  family: Family,
  answers: Answers,
  without: string,
  legacy: string,
): Problem | undefined {
  const trouble = answers.trouble(name, family);
  if (trouble === undefined) return undefined;
  const { why, lastKnown } = trouble;
  const what = lastKnown === undefined ? without : `its last address ${lastKnown} stays in use`;
  const message = `"${name}": ${why}`;
  return {
    severity: "warning",
    message: `${message}; ${what} until it can be looked up`,
    ...(lastKnown === undefined && { ifRefused: { legacy, message } }),
  };
}
