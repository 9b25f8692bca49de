import type { Target } from "./targets.ts";

/** The lines of the table in docs/differences.md: a line for each target that the original and we differ on. */
export const differenceLines = (targets: readonly Target[]): readonly string[] =>
  targets.flatMap(({ service, name, verdict }) =>
    typeof verdict === "string"
      ? []
      : [
          `| ${[service, name, verdict.original, verdict.ours, verdict.why, verdict.id].join(" | ")} |`,
        ],
  );
