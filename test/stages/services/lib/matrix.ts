/** What every real server was said to be, case by case: collected over all files of a run, printed at its end. */
import { appendFileSync } from "node:fs";
import type { Verdict } from "../../../../checks/check.ts";

/** In the order of the columns. */
export type MatrixCase = "right answer" | "wrong answer" | "refused login" | "silent" | "gone";

/**
 * Adds one cell; test/stages/services/matrix.mjs prints the table.
 * @param service the row: `dns (bind9)`
 * @returns the verdict, to go on with
 */
export function record(service: string, of: MatrixCase, verdict: Verdict): Verdict {
  const file = process.env["SERVICES_MATRIX"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ service, of, verdict })}\n`);
  return verdict;
}
