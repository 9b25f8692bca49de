/** A plan, for people. */
import { printable } from "../model/one-line.ts";
import type { Change, Field, Part } from "../plan/change.ts";
import type { Later, Plan } from "../plan/plan.ts";
import { coloured, type Screen, wrapped } from "./screen.ts";

const marks = {
  add: ["+", "green"],
  change: ["~", "yellow"],
  remove: ["-", "red"],
} as const;

const titles: Readonly<Record<Part, string>> = {
  table: "Table",
  checks: "Checks",
  alerts: "Alerts",
  commands: "Commands",
  settings: "Settings",
};
const parts = Object.keys(titles) as Part[];

/** @param notes what the caller has to say of where the plan is from, a sentence each */
export function planText(plan: Plan, notes: readonly string[], screen: Screen): string {
  const lines = [
    ...notes,
    ...parts.flatMap((part) =>
      section(
        titles[part],
        plan.changes.filter((change) => change.part === part),
        screen,
      ),
    ),
    ...laterLines(plan.later),
    ...(plan.runs.length === 0 ? [] : ["Runs", ...plan.runs.map((line) => `  ${line}`)]),
    ...untouchedLine(plan.untouched),
    summary(plan),
  ];
  return lines.map((line) => `${wrapped(screen, line, "        ")}\n`).join("");
}

/** Each virtual service's changes below its name. */
function section(title: string, changes: readonly Change[], screen: Screen): readonly string[] {
  if (changes.length === 0) return [];
  const byVirtual = new Map<string | undefined, Change[]>();
  for (const change of changes) {
    const its = byVirtual.get(change.virtual);
    if (its === undefined) byVirtual.set(change.virtual, [change]);
    else its.push(change);
  }
  return [
    title,
    ...[...byVirtual].flatMap(([virtual, its]) => [
      ...(virtual === undefined ? [] : [`  ${virtual}`]),
      ...its.map((change) => changeLine(change, screen)),
    ]),
  ];
}

function changeLine(change: Change, screen: Screen): string {
  const { action, real, virtual, part, because, fields } = change;
  const [mark, colour] = marks[action];
  const isService = part === "table" && real === undefined;
  const what = real ?? (isService ? "virtual service" : "");
  const said = fields.map((field) => fieldText(field, action)).join(", ");
  const why = because === undefined ? "" : ` (${because})`;
  const indent = virtual === undefined ? "  " : "    ";
  const text = [what, printable(said)].filter((each) => each !== "").join(": ");
  return `${indent}${coloured(screen, colour, `${mark} ${text}`)}${why}`;
}

function fieldText({ name, before, after }: Field, action: Change["action"]): string {
  if (action !== "change") return `${name} ${before ?? after ?? ""}`;
  return `${name} ${before ?? "(none)"} -> ${after ?? "(none)"}`;
}

function laterLines(later: readonly Later[]): readonly string[] {
  if (later.length === 0) return [];
  const lines = later.map(({ what, virtual, real, fields }) => {
    if (what === "joins") {
      const row = fields.map((field) => fieldText(field, "add")).join(", ");
      return `  ${virtual}: ${real} joins once its check is good: ${row}`;
    }
    const who = real === undefined ? virtual : `${virtual}: ${real}`;
    return `  ${who} is to go, and serves on until another does`;
  });
  return ["After that, as the servers answer", ...lines];
}

const shownUntouched = 8;

function untouchedLine(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const more = ids.length > shownUntouched ? `, and ${ids.length - shownUntouched} more` : "";
  return [`Left alone, for nobody names them: ${ids.slice(0, shownUntouched).join(", ")}${more}`];
}

/** `Table: 2 to add, 1 to change, 0 to remove; checks: 3 to change` */
function summary({ changes }: Plan): string {
  const count = (part: Part, action: Change["action"]) =>
    changes.filter((change) => change.part === part && change.action === action).length;
  const words = (part: Part, isWhole: boolean) =>
    (["add", "change", "remove"] as const)
      .map((action) => [action, count(part, action)] as const)
      .filter(([, number]) => isWhole || number > 0)
      .map(([action, number]) => `${number} to ${action}`)
      .join(", ");
  const others = parts.filter((part) => part !== "table" && changes.some((it) => it.part === part));
  return [
    `Table: ${words("table", true)}`,
    ...others.map((part) => `${part}: ${words(part, false)}`),
  ].join("; ");
}
