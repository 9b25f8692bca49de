/** What is written about the metrics, and what is made for them: examples/monitoring. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { countedMetrics } from "../../src/metrics/counted-metrics.ts";
import { directorMetrics } from "../../src/metrics/director-metrics.ts";
import { processMetrics } from "../../src/metrics/own-process.ts";
import { rowMetrics, serverMetrics } from "../../src/metrics/server-metrics.ts";
import { serviceMetrics } from "../../src/metrics/service-metrics.ts";

const path = (name: string) => new URL(`../../${name}`, import.meta.url).pathname;
const read = (name: string) => readFileSync(path(name), "utf8");

const metrics = [
  ...[...directorMetrics, ...serviceMetrics, ...serverMetrics, ...rowMetrics],
  ...[...processMetrics, ...Object.values(countedMetrics)],
];
const names = metrics.flatMap(({ name, type }) =>
  type === "histogram" ? ["bucket", "sum", "count"].map((end) => `${name}_${end}`) : [name],
);

const used = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:ldirectord|process)_[a-z_]+\b/g)].map(([name]) => name);
const unknown = (text: string): readonly string[] =>
  used(text).filter((name) => !names.includes(name));

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard: { readonly panels: readonly Panel[]; readonly templating: unknown } = JSON.parse(
  read("examples/monitoring/ldirectord-dashboard.json"),
);
const rules = read("examples/monitoring/ldirectord.rules.yml");

test("the tables of docs/monitoring.md are as packaging/metric-texts.mjs makes them", () => {
  const script = path("packaging/metric-texts.mjs");
  const made = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(made.stderr).toBe("");
  expect(made.status).toBe(0);
});

test("docs/monitoring.md has each metric", () => {
  const page = read("docs/monitoring.md");
  expect(metrics.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual(
    [],
  );
});

test("no two metrics have one name, and each begins as it should", () => {
  expect(new Set(names).size).toBe(names.length);
  for (const { name, help } of metrics) {
    expect(name).toMatch(/^(ldirectord|process)_[a-z]+(_[a-z]+)*$/);
    expect(help).toMatch(/^[^\n\\]+\.$/);
  }
});

const panels = dashboard.panels.filter(({ type }) => type !== "row");
test.for(panels)(
  "the dashboard's panel $title asks for metrics that we have",
  ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr } of targets) {
      expect(used(expr).length).toBeGreaterThan(0);
      expect(unknown(expr)).toEqual([]);
    }
  },
);

test("the dashboard's variables ask for metrics that we have, and its panels fit its 24 columns", () => {
  expect(unknown(JSON.stringify(dashboard.templating))).toEqual([]);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

const alerts = [...rules.matchAll(/- alert: (\w+)\n((?: {8}.*\n)+)/g)].map(
  ([, alert = "", body = ""]) => ({ alert, body }),
);
const severityOf = (body: string) => /severity: (\w+)/.exec(body)?.[1];

test.for(alerts)("the rule of $alert asks for metrics that we have", ({ body }) => {
  const expression = /expr: (?:>-\n)?([\s\S]*?)\n {8}(?=\w)/.exec(body)?.[1] ?? "";
  expect(expression).not.toBe("");
  expect(unknown(expression)).toEqual([]);
});

test("docs/monitoring.md has each alert with its severity, and each has a test that makes it fire", () => {
  const told = [...read("docs/monitoring.md").matchAll(/^\| `(Ldirectord\w+)` \|.*\| (\w+) \|$/gm)];
  expect(alerts.length).toBeGreaterThan(5);
  expect(told.map(([, alert, severity]) => [alert, severity])).toEqual(
    alerts.map(({ alert, body }) => [alert, severityOf(body)]),
  );
  const tests = read("examples/monitoring/ldirectord.rules.test.yml");
  for (const { alert } of alerts) {
    expect(tests).toMatch(new RegExp(`alertname: ${alert}\n +exp_alerts:\n`));
    expect(tests).toMatch(new RegExp(`alertname: ${alert}\n +exp_alerts: \\[\\]\n`));
  }
});
