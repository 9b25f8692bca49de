/** What is written about the events, for people: docs/monitoring.md and the journal's catalog. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type EventName, events, priorities, type Severity } from "../../src/log/events.ts";
import { fieldName } from "../../src/log/journald.ts";
import { messageIds } from "../../src/log/message-ids.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const names = Object.keys(events) as EventName[];

/** Fields that an event has beside those in its text. */
const silent: Partial<Record<EventName, readonly string[]>> = {
  "config-error": ["configLine"],
  "config-warning": ["configLine"],
  "real-failed": ["check", "durationMs"],
};

/** The event's text with `VIRTUAL` in the place of a virtual service, and the journal's fields. */
function described(name: EventName) {
  const fields = new Set<string>(silent[name]);
  const placeholders = new Proxy<Record<string, string>>(
    {},
    {
      get: (_target, field) => {
        if (field !== "text") fields.add(String(field));
        return `*${fieldName(String(field))}*`;
      },
    },
  );
  const { severity, text } = events[name] as {
    readonly severity: Severity;
    readonly text: (fields: Record<string, string>) => string;
  };
  return {
    severity,
    text: text(placeholders),
    fields: [...fields].map(fieldName).sort(),
  };
}

const row = (name: EventName): string => {
  const { severity, text, fields } = described(name);
  return `| ${name} | ${priorities[severity]} ${severity} | ${text.trim()} | ${fields.join(" ") || "–"} | \`${messageIds[name]}\` |`;
};

test("docs/monitoring.md has each event, with what the program says of it", () => {
  const rows = read("docs/monitoring.md")
    .split("\n")
    .filter((line) => /^\| [a-z-]+ \| \d /.test(line));
  expect(rows).toEqual(names.map(row));
});

const entries = read("packaging/ldirectord-ng.catalog").split(/^-- /m).slice(1);

test("the catalog has an entry for each event, and no other", () => {
  const ids = entries.map((entry) => entry.slice(0, 32));
  expect(ids.sort()).toEqual(Object.values(messageIds).sort());
});

test.for(names)("the catalog's entry of %s names fields that it has", (name) => {
  const entry = entries.find((text) => text.startsWith(messageIds[name])) ?? "";
  expect(entry).toMatch(/^.{32}\nSubject: .+\nDefined-By: ldirectord-ng\nSupport: .+\n\n\S/);
  const named = [...entry.matchAll(/@([A-Z_]+)@/g)].map(([, field]) => field);
  const known = [...described(name).fields, "INSTANCE", "CONFIG_FILE"];
  expect(named.filter((field) => !known.includes(field ?? ""))).toEqual([]);
});
