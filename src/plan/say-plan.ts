import { printable } from "../model/one-line.ts";
import type { Change, Field, Part } from "./change.ts";
import type { Later, Plan } from "./plan.ts";

const partTitles: Readonly<Record<Part, string>> = {
  table: "Table",
  checks: "Checks",
  alerts: "Alerts",
  commands: "Commands",
  settings: "Settings",
};
const parts = Object.keys(partTitles) as Part[];

/** Changes of one virtual service, or of none. */
interface ChangeGroup {
  readonly virtual: string | undefined;
  readonly changes: readonly Change[];
}

/** In the order in which they are told: each part's with its title, below each virtual service. */
export function* groupedChanges({
  changes,
}: Pick<Plan, "changes">): Generator<{ title: string; groups: readonly ChangeGroup[] }> {
  for (const part of parts) {
    const byVirtual = new Map<string | undefined, Change[]>();
    for (const change of changes) {
      if (change.part !== part) continue;
      const its = byVirtual.get(change.virtual);
      if (its === undefined) byVirtual.set(change.virtual, [change]);
      else its.push(change);
    }
    if (byVirtual.size === 0) continue;
    const groups = [...byVirtual].map(([virtual, its]) => ({ virtual, changes: its }));
    yield { title: partTitles[part], groups };
  }
}

/** `10.0.0.3:80: weight 1 -> 2`, and why, where there is something to say of that. */
export function sayChange({ action, real, part, because, fields }: Change): {
  readonly text: string;
  readonly why: string;
} {
  const what = real ?? (part === "table" ? "virtual service" : "");
  const said = fields.map((field) => sayField(field, action)).join(", ");
  return {
    text: [what, printable(said)].filter((each) => each !== "").join(": "),
    why: because === undefined ? "" : ` (${because})`,
  };
}

function sayField({ name, before, after }: Field, action: Change["action"]): string {
  if (action !== "change") return `${name} ${before ?? after ?? ""}`;
  return `${name} ${before ?? "(none)"} -> ${after ?? "(none)"}`;
}

export function sayLater({ what, virtual, real, fields }: Later): string {
  if (what === "joins") {
    const row = fields.map((field) => sayField(field, "add")).join(", ");
    return `${virtual}: ${real} joins once its check is good: ${row}`;
  }
  const who = real === undefined ? virtual : `${virtual}: ${real}`;
  return `${who} is to go, and serves on until another does`;
}

/** `Table: 2 to add, 1 to change, 0 to remove; checks: 3 to change` */
export function sayCounts({ changes }: Pick<Plan, "changes">): string {
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
