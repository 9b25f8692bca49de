/** Debian's Prometheus: it scrapes, its promtool finds nothing to say, and the rules of examples/monitoring fire. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics, type Metrics } from "../../../src/metrics/metrics.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

const examples = new URL("../../../examples/monitoring/", import.meta.url).pathname;
const token = "correct-horse-battery";

let it: ControlledDaemon;
let metrics: Metrics;
let folder = "";
let prometheus: ChildProcess | undefined;
let api = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  it = await ControlledDaemon.start(
    virtualText(80, "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on"),
  );
  metrics = createMetrics({ log: memoryLog(), version: "1.2.3", daemon: () => it.daemon });
  writeFileSync(join(folder, "token"), `${token}\n`);
  await metrics.follow({ listen: "127.0.0.1:0", tokenFile: join(folder, "token") });
  const port = await freePort();
  api = `http://127.0.0.1:${port}`;
  writeFileSync(
    join(folder, "prometheus.yml"),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${examples}ldirectord.rules.yml]
scrape_configs:
  - job_name: ldirectord
    authorization: { credentials_file: ${join(folder, "token")} }
    static_configs: [{ targets: ["${metrics.address()}"] }]
`,
  );
  prometheus = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
});

afterAll(async () => {
  if (prometheus !== undefined) {
    const { exitCode, signalCode } = prometheus;
    const gone = new Promise((resolve) => prometheus?.once("exit", resolve));
    prometheus.kill("SIGTERM");
    if (exitCode === null && signalCode === null) await gone;
  }
  await metrics?.close();
  await it?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function scrape(): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`http://${metrics.address()}/metrics`, { headers })).text();
}

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** What Prometheus answers; nothing while it is not there yet. */
async function query(expression: string): Promise<readonly Found[]> {
  const url = `${api}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await fetch(url).catch(() => undefined);
  if (answer?.ok !== true) return [];
  const { data } = (await answer.json()) as { data: { result: readonly Found[] } };
  return data.result;
}

const patiently = { timeout: 60_000, interval: 200 };

test("promtool finds nothing to say of the metrics", async () => {
  const found = execFileSync("promtool", ["check", "metrics"], {
    input: await scrape(),
    encoding: "utf8",
    stdio: "pipe",
  });
  expect(found).toBe("");
});

test("the rules are whole, and each fires as its tests say", () => {
  const promtool = (...words: readonly string[]) =>
    execFileSync("promtool", words, { cwd: examples, encoding: "utf8", stdio: "pipe" });
  expect(promtool("check", "rules", "ldirectord.rules.yml")).toContain("SUCCESS");
  expect(promtool("test", "rules", "ldirectord.rules.test.yml")).toContain("SUCCESS");
  expect(promtool("check", "config", "--syntax-only", "prometheus.yml")).toContain("SUCCESS");
});

test("Prometheus scrapes it with the token, and has what ldirectord says", async () => {
  await expect
    .poll(async () => (await query("ldirectord_server_weight")).length, patiently)
    .toBe(2);
  const weights = await query("ldirectord_server_weight");
  const byServer = Object.fromEntries(
    weights.map((each) => [each.metric["server"], each.value[1]]),
  );
  expect(byServer).toEqual({ "127.0.0.2:80": "5", "127.0.0.3:80": "6" });
  expect((await query('up{job="ldirectord"}')).map(({ value }) => value[1])).toEqual(["1"]);
  // Every sample of a scrape was taken, none of them twice.
  const samples = (await scrape()).split("\n").filter((line) => /^[a-z]/.test(line)).length;
  const [scraped] = await query("scrape_samples_scraped");
  expect(Number(scraped?.value[1])).toBe(samples);
}, 90_000);

test("a reload that is refused makes its alert pending there", async () => {
  it.write("virtual=nonsense\n");
  await it.daemon.reload("signal");
  const pending = 'ALERTS{alertname="LdirectordReloadRefused"}';
  await expect.poll(async () => (await query(pending)).length, patiently).toBe(1);
}, 90_000);

/** One that was free just now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
