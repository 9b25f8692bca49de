// The table of docs/high-availability.md: every trouble of an active director, with keepalived alone and with recipe a, under
// 200 new requests a second and 50 long connections, in a kernel of its own. A quarter of an hour.
//   node bench/ha.mjs [--write] [--json FILE]      --write puts the table into the page
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { write: { type: "boolean" }, json: { type: "string" } } });
const top = join(import.meta.dirname, "..");
const page = join(top, "docs/high-availability.md");
const begin = "<!-- bench/ha.mjs makes this table -->\n";
const end = "<!-- until here -->\n";

/** A line of test/stages/ha/table.test.ts. */
const results = [];
const args = ["test/lab/run.mjs", "--project", "ha", "--limit", "3600", "table"];
const child = spawn(process.execPath, args, {
  cwd: top,
  env: { ...process.env, LAB_HA: "full" },
  stdio: ["ignore", "pipe", "inherit"],
});
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  const [, json] = /ha-result (\{.*\})$/.exec(line) ?? [];
  if (json) results.push(JSON.parse(json));
}

const names = { dr: "direct routing", nat: "translation" };
const cells = ({ failed, broken, seconds, silenceSeconds }) =>
  `${failed} | ${broken} | ${seconds} | ${silenceSeconds}`;
const rows = results
  .filter(({ recipe }) => recipe === "keepalived alone")
  .flatMap((alone) => {
    const ours = results.find(
      ({ mode, trouble, recipe }) =>
        mode === alone.mode && trouble === alone.trouble && recipe !== alone.recipe,
    );
    return ours
      ? [`| ${names[alone.mode]} | ${alone.trouble} | ${cells(ours)} | ${cells(alone)} |`]
      : [];
  });
const table = `| | the active director | failed | broken | seconds | silence | failed | broken | seconds | silence |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| | | **recipe a** | | | | **keepalived alone** | | | |
${rows.join("\n")}
`;
console.log(table);
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (values.write) {
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page}: where the table goes is not marked`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`);
}
