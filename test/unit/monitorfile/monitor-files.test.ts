import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { down, up } from "../../../checks/check.ts";
import { loadChecks } from "../../../checks/registry.ts";
import { type MonitorSpec, plan } from "../../../src/health/plan.ts";
import { createMonitorFiles } from "../../../src/monitorfile/monitor-files.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { configOf } from "../config/read.ts";

const checks = await loadChecks();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The files of one virtual service with one real server, what is written there, and the plan for the server. */
async function files(lines: readonly string[], heldBy?: string) {
  const { virtuals } = await configOf(
    ["virtual=192.0.2.1:80", "real=192.0.2.11:80 gate", "monitorfile=/m", ...lines]
      .join("\n    ")
      .concat("\n"),
  );
  const planned = plan({ virtuals }, checks);
  const [spec] = planned.ok ? planned.value : [];
  if (!planned.ok || spec === undefined) throw new Error("no plan");
  const written: string[] = [];
  const monitorFiles = createMonitorFiles({
    log: memoryLog(),
    view: {
      health: () => ({ state: "unknown" }),
      steering: () => undefined,
      maintenance: () => heldBy,
    },
    append: () => ({ add: (line) => written.push(line), settled: async () => {} }),
  });
  monitorFiles.replace(virtuals, planned.value);
  /** From `[up]` or `[down]` on. */
  const tails = () => written.map((line) => /\[(?:up|down)\] .*/.exec(line)?.[0]);
  return { monitorFiles, spec, tails };
}
const refused = down("refused", "connection refused");

test.for<
  [name: string, lines: readonly string[], heldBy: string | undefined, line: string | undefined]
>([
  ["a service of which nothing is asked is up", ["service=none"], undefined, "[up] -"],
  ["one that is asked waits for the answer", [], undefined, undefined],
  ["checktype=on is left out, as in the original", ["checktype=on"], undefined, undefined],
  ["a server in maintenance is down", [], "web1", "[down] Server in maintenance"],
])("each round: %s", async ([, lines, heldBy, line]) => {
  const { monitorFiles, tails } = await files(["checkinterval=3", ...lines], heldBy);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(tails()).toEqual(line === undefined ? [] : [line, line]);
  await monitorFiles.stop(0);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(tails()).toHaveLength(line === undefined ? 0 : 2);
});

test("a verdict comes in the check's words, and a connect in between without", async () => {
  const { monitorFiles, spec, tails } = await files(["checktype=2"]);
  monitorFiles.onVerdict(spec, refused, "main");
  monitorFiles.onVerdict(spec, refused, "between");
  monitorFiles.onVerdict(spec, { ...up("fine"), monitored: "200 OK" }, "main");
  const elsewhere: MonitorSpec = { ...spec, id: "tcp:192.0.2.9:80 192.0.2.11:80" };
  monitorFiles.onVerdict(elsewhere, refused, "main");
  expect(tails()).toEqual([
    "[down] 500 Can't connect to 192.0.2.11:80 (Connection refused)",
    "[down] -",
    "[up] 200 OK",
  ]);
  await monitorFiles.stop(0);
});
