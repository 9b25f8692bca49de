// What is written of the events for people, made from src/log/events: the journal's catalog, and the table of
// docs/monitoring.md. With --check nothing is written: ends with 1 when one is not as it would be made.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const top = join(import.meta.dirname, "..");
const { events, fieldName, priorities } = await load(`
  export { priorities } from "./event.ts";
  export { events } from "./events.ts";
  export { fieldName } from "./fields.ts";
`);

const made = {
  "packaging/ldirectord-ng.catalog": () => catalog(),
  "docs/monitoring.md": (before) => before.replace(/^\| event \|.*\n(?:\|.*\n)*/m, table()),
};

for (const [path, make] of Object.entries(made)) {
  const before = readFileSync(join(top, path), "utf8");
  const after = make(before);
  if (after === before) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not as made: node packaging/event-texts.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(top, path), after);
  }
}

/** catalog(5) of systemd.journal: what `journalctl -x` adds to an entry. */
function catalog() {
  const intro = `# What the journal's entries of ldirectord mean: \`journalctl -x\`. Installed as
# /usr/lib/systemd/catalog/ldirectord-ng.catalog. One entry for each event of src/log/events, from which
# packaging/event-texts.mjs makes it.
`;
  const entries = Object.values(events).map(
    ({ id, subject, meaning, remedy }) => `
-- ${id}
Subject: ${subject}
Defined-By: ldirectord-ng
Support: man:ldirectord(8)

${flow(meaning)}

${flow(remedy)}
`,
  );
  return [intro, ...entries].join("");
}

function table() {
  const rows = Object.entries(events).map(([name, { id, severity, fields, text }]) => {
    const placeholders = Object.keys(fields).map((field) => [field, `*${fieldName(field)}*`]);
    const ofJournal = Object.entries(fields).flatMap(([field, { asField, parts = {} }]) => [
      ...(asField ? [field] : []),
      ...Object.keys(parts),
    ]);
    return [
      name,
      `${priorities[severity]} ${severity}`,
      text(Object.fromEntries(placeholders)).trim(),
      ofJournal.map(fieldName).sort().join(" ") || "–",
      `\`${id}\``,
    ];
  });
  const head = ["event", "priority", "text", "fields", "MESSAGE_ID"];
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Its paragraphs, each in lines of at most 100 columns. */
function flow(text) {
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim());
  const wrapped = paragraphs.map((paragraph) => paragraph.replace(/(.{1,100})(?: |$)/g, "$1\n"));
  return wrapped.join("\n").trimEnd();
}

/** Node.js 20 reads no TypeScript. */
async function load(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(top, "src", "log", "events") },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
