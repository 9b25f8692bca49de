/** What is written about the events, for people: docs/monitoring.md and the journal's catalog. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Event, priorities } from "../../src/log/events/event.ts";
import { type EventName, events } from "../../src/log/events/events.ts";
import { fieldName } from "../../src/log/events/fields.ts";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string) => readFileSync(path(name), "utf8");
const names = Object.keys(events) as EventName[];

test("both are as packaging/event-texts.mjs makes them", () => {
  const script = path("packaging/event-texts.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

/** Fields that an event has beside those in its text. */
const silent: Partial<Record<EventName, readonly string[]>> = {
  "config-error": ["configLine"],
  "config-warning": ["configLine"],
  "real-failed": ["check", "durationMs"],
  "soft-failure": ["protocol"],
  "soft-failures-reset": ["protocol"],
  "incident-opened": ["troubles"],
  "incident-updated": ["open", "troubles"],
  "incident-closed": ["seconds"],
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
  const { severity, text } = events[name] as unknown as Event;
  return {
    severity,
    text: text(placeholders),
    fields: [...fields].map(fieldName).sort(),
  };
}

const row = (name: EventName): string => {
  const { severity, text, fields } = described(name);
  return `| ${name} | ${priorities[severity]} ${severity} | ${text.trim()} | ${fields.join(" ") || "–"} | \`${events[name].id}\` |`;
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
  expect(ids.sort()).toEqual(names.map((name) => events[name].id).sort());
});

test.for(names)("the catalog's entry of %s names fields that it has", (name) => {
  const entry = entries.find((text) => text.startsWith(events[name].id)) ?? "";
  expect(entry).toMatch(/^.{32}\nSubject: .+\nDefined-By: ldirectord-ng\nSupport: .+\n\n\S/);
  const named = [...entry.matchAll(/@([A-Z_]+)@/g)].map(([, field]) => field);
  const known = [...described(name).fields, "INSTANCE", "CONFIG_FILE"];
  expect(named.filter((field) => !known.includes(field ?? ""))).toEqual([]);
});
