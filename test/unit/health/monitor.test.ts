import { expect, test } from "vitest";
import type { Verdict } from "../../../checks/check.ts";
import {
  absorb,
  healthAfterMaintenance,
  healthFor,
  type Monitor,
  report,
} from "../../../src/health/monitor.ts";
import type { MonitorSpec } from "../../../src/health/plan.ts";
import type { ProbeOutcome } from "../../../src/health/probes/runner.ts";
import type { Health } from "../../../src/health/state.ts";
import { monitorSpec } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { fine, refused, ScriptedProbe } from "./scripted.ts";

const unknown: Health = { state: "unknown" };
const upAfter = (failures: number): Health => ({ state: "up", failures });
const downSince = (since: number): Health => ({ state: "down", since });

type Source = MonitorSpec["source"];
const probe: Source = { kind: "probe", probe: new ScriptedProbe(fine).spec("p") };
const otherProbe: Source = { kind: "probe", probe: new ScriptedProbe(fine).spec("another") };
const alwaysUp: Source = { kind: "fixed", state: "up" };
const alwaysDown: Source = { kind: "fixed", state: "down", reason: "no port" };
const adopted: Source = { kind: "adopted" };

const watched = (source: Source, health: Health, failureCount = 3): Monitor => ({
  spec: monitorSpec(source, { failureCount }),
  health,
  held: undefined,
  last: undefined,
  lastVerdict: undefined,
  since: 5,
});

test.for<[name: string, source: Source, table: "up" | undefined, health: Health]>([
  ["to be asked, in the table", probe, "up", upAfter(0)],
  ["to be asked, not in the table", probe, undefined, unknown],
  ["of checktype=off, in the table", adopted, "up", upAfter(0)],
  ["of checktype=off, not in the table", adopted, undefined, downSince(9)],
  ["of checktype=on", alwaysUp, undefined, upAfter(0)],
  ["that can not be asked, though in the table", alwaysDown, "up", downSince(9)],
])("a new server %s", ([, source, table, health]) => {
  expect(healthFor(monitorSpec(source), undefined, table, 9)).toEqual(health);
});

test.for<[name: string, old: Source, before: Health, next: Source, after: Health]>([
  ["the same check keeps its count", probe, upAfter(2), probe, upAfter(2)],
  ["another check begins to count", probe, upAfter(2), otherProbe, upAfter(0)],
  ["another check does not bring up who is down", probe, downSince(3), otherProbe, downSince(3)],
  ["another check knows no more than the one before", probe, unknown, otherProbe, unknown],
  ["who was never asked is up until it is", alwaysUp, upAfter(0), probe, upAfter(0)],
  ["with checktype=off up stays up", probe, upAfter(2), adopted, upAfter(0)],
  ["with checktype=off down stays down", probe, downSince(3), adopted, downSince(3)],
  ["with checktype=off the table tells of the unknown", probe, unknown, adopted, upAfter(0)],
  ["checktype=on brings up", probe, downSince(3), alwaysUp, upAfter(0)],
  ["checktype=on forgets the failures", probe, upAfter(2), alwaysUp, upAfter(0)],
  ["who can not be asked any more goes down", probe, upAfter(0), alwaysDown, downSince(9)],
  ["and has been down since it was", probe, downSince(3), alwaysDown, downSince(3)],
])("after a reload %s", ([, old, before, next, after]) => {
  expect(healthFor(monitorSpec(next), watched(old, before), "up", 9)).toEqual(after);
});

test.for<[name: string, source: Source, after: Health]>([
  ["who is asked is believed by a verdict only", probe, unknown],
  ["who is not is what it was", alwaysUp, upAfter(1)],
])("when maintenance ends, %s", ([, source, after]) => {
  expect(healthAfterMaintenance(watched(source, upAfter(1)))).toEqual(after);
});

const outcomeOf = (verdict: Verdict): ProbeOutcome => ({ kind: "verdict", verdict, durationMs: 7 });

test("a run that was cut short says nothing; local trouble is noted, and moves nothing", () => {
  const before = absorb(watched(probe, upAfter(1)), outcomeOf(refused), "main", 6);
  expect(absorb(before, { kind: "cut-short" }, "main", 9)).toBe(before);
  const outcome = { kind: "local-fault", code: "EMFILE", detail: "connect EMFILE" } as const;
  expect(absorb(before, outcome, "between", 9)).toEqual({
    ...before,
    last: { at: 9, outcome, probeKind: "between" },
  });
});

test("a verdict is the newest word, and the newest verdict; time is counted from a change of state", () => {
  const stays = absorb(watched(probe, upAfter(0), 2), outcomeOf(refused), "between", 9);
  const last = { at: 9, outcome: outcomeOf(refused), probeKind: "between" };
  expect(stays).toMatchObject({ health: upAfter(1), last, lastVerdict: last, since: 5 });
  const goes = absorb(stays, outcomeOf(refused), "main", 11);
  expect(goes).toMatchObject({ health: downSince(11), lastVerdict: { at: 11 }, since: 11 });
});

const failed = "real-failed";
test.for<[name: string, before: Health, verdict: Verdict, told: readonly string[]]>([
  ["a server's first good answer", unknown, fine, []],
  ["a good answer as ever", upAfter(0), fine, []],
  ["a good answer after a failure", upAfter(1), fine, ["soft-failures-reset"]],
  ["a good answer of who was down", downSince(1), fine, ["soft-failures-reset"]],
  ["one failure of three", upAfter(0), refused, ["soft-failure"]],
  ["the third of three", upAfter(2), refused, [failed]],
  ["the first that is ever heard", unknown, refused, [failed, "real-found-down"]],
  ["a failure of who is down", downSince(1), refused, []],
])("%s is told as %o", ([, before, verdict, told]) => {
  const log = memoryLog();
  const monitor = watched(probe, before);
  const after = absorb(monitor, outcomeOf(verdict), "main", 9).health;
  report(log, monitor, after, verdict, 7.4);
  expect(log.events.map(({ name }) => name)).toEqual(told);
  for (const { check, durationMs } of log.all(failed))
    expect([check, durationMs]).toEqual(["p", 7]);
});
