/** A plan, for people. */
import type { Change } from "../plan/change.ts";
import type { Later, Plan } from "../plan/plan.ts";
import { groupedChanges, sayChange, sayCounts, sayLater } from "../plan/say-plan.ts";
import { coloured, type Screen, wrapped } from "./screen.ts";

const marks = {
  add: ["+", "green"],
  change: ["~", "yellow"],
  remove: ["-", "red"],
} as const;

/** @param notes what the caller has to say of where the plan is from, a sentence each */
export function planText(plan: Plan, notes: readonly string[], screen: Screen): string {
  const lines = [
    ...notes,
    ...changeLines(plan, screen),
    ...laterLines(plan.later),
    ...(plan.runs.length === 0 ? [] : ["Runs", ...plan.runs.map((line) => `  ${line}`)]),
    ...untouchedLine(plan.untouched),
    sayCounts(plan),
  ];
  return lines.map((line) => `${wrapped(screen, line, "        ")}\n`).join("");
}

/** Each virtual service's changes below its name. */
const changeLines = (plan: Plan, screen: Screen): readonly string[] =>
  [...groupedChanges(plan)].flatMap(({ title, groups }) => [
    title,
    ...groups.flatMap(({ virtual, changes }) => [
      ...(virtual === undefined ? [] : [`  ${virtual}`]),
      ...changes.map((change) => changeLine(change, screen)),
    ]),
  ]);

function changeLine(change: Change, screen: Screen): string {
  const [mark, colour] = marks[change.action];
  const { text, why } = sayChange(change);
  const indent = change.virtual === undefined ? "  " : "    ";
  return `${indent}${coloured(screen, colour, `${mark} ${text}`)}${why}`;
}

const laterLines = (later: readonly Later[]): readonly string[] =>
  later.length === 0
    ? []
    : ["After that, as the servers answer", ...later.map((each) => `  ${sayLater(each)}`)];

const shownUntouched = 8;

function untouchedLine(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const more = ids.length > shownUntouched ? `, and ${ids.length - shownUntouched} more` : "";
  return [`Left alone, for nobody names them: ${ids.slice(0, shownUntouched).join(", ")}${more}`];
}
