/**
 * LAB_ENGINE=node runs the checks on Node's own sockets, as where koffi does not load: the same tests, and the same must come
 * of them.
 */
import { afterAll } from "vitest";
import { useEngine } from "../../checks/lib/engine/engine.ts";

export const theRuns = process.env["LAB_ENGINE"] === "node" ? "node" : "native";

useEngine(theRuns);

/** For a file whose tests are of the engine itself. */
export function needsEngine(): void {
  useEngine("native");
  afterAll(() => useEngine(theRuns));
}
