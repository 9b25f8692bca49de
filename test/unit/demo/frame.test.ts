import { describe, expect, test } from "vitest";
import { Beats } from "../../../examples/demo/beats.ts";
import { drawnInAscii, type Frame, panelOf, render } from "../../../examples/demo/frame.ts";
import type { RealReport, ServiceReport, State } from "../../../examples/demo/report.ts";
import { painted, plain } from "../../../examples/demo/text.ts";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { serverRow, serviceRow, tcp } from "../../support/builders.ts";

const real = (host: number, state: State, why: string): RealReport => {
  const endpoint = { address: `127.20.0.${host}`, port: 18080 };
  const name = `127.20.0.${host}:18080`;
  const mark = state === "up" ? "up" : "failed";
  return { real: name, row: name, endpoint, state, why, check: { at: 1, mark } };
};
const id = "tcp:127.20.0.100:18080";
const service = (...reals: RealReport[]): ServiceReport => ({
  id,
  intervalMs: 1000,
  fallback: "127.20.0.9:18080",
  reals,
});
const table = (weights: Readonly<Record<number, number>>): TableRow[] => [
  {
    service: serviceRow(tcp("127.20.0.100:18080")),
    dests: Object.entries(weights).map(([host, weight]) =>
      serverRow(`127.20.0.${host}:18080`, { forwarding: "masq", weight }),
    ),
  },
];

function frame(rows: readonly TableRow[], report: ServiceReport, more: Partial<Frame> = {}): Frame {
  const beats = new Beats();
  beats.note([report], 1000);
  return {
    title: ["ldirectord-ng runs web.cf   (Ctrl-C ends it)", "Table: in memory."],
    caption: { head: "1/5  A dead server holds up nobody.", look: "Look at the beats." },
    services: panelOf(rows, [report], beats),
    log: [],
    ...more,
  };
}
const drawn = (shown: Frame, columns: number, rows: number) =>
  render(shown, { columns, rows }, drawnInAscii).map(plain);

const failed = {
  time: new Date(2026, 0, 1, 12, 0, 1).getTime(),
  severity: "info",
  text: "Check failed: 127.20.0.2:18080 (127.20.0.100:18080) timeout: no answer within 2 s",
} as const;

describe("at 80x24", () => {
  const report = service(
    real(1, "up", "200 OK"),
    real(2, "down", "timeout: no answer within 2 s"),
    real(3, "maintenance", "by /etc/ha.d/maintenance/127.20.0.3"),
  );
  const shown = frame(table({ 1: 1, 9: 1 }), report, { log: [failed] });

  test("one sees the caption, each server with its row and state, and why", () => {
    expect(drawn(shown, 80, 24)).toEqual([
      "ldirectord-ng runs web.cf   (Ctrl-C ends it)",
      "Table: in memory.",
      "",
      ">> 1/5  A dead server holds up nobody.",
      "   Look at the beats.",
      "",
      "  Real server       Row     Is           Checks    Last one said",
      "TCP  127.20.0.100:18080 wrr",
      "  127.20.0.1:18080  masq 1  up           +         200 OK",
      "  127.20.0.2:18080  no row  down         x         timeout: no answer within 2 s",
      "  127.20.0.3:18080  no row  maintenance  x",
      "      by /etc/ha.d/maintenance/127.20.0.3",
      "  127.20.0.9:18080  masq 1  fallback               serves while no other can",
      "Log",
      "12:00:01 Check failed: 127.20.0.2:18080 (127.20.0.100:18080) timeout: no answer",
      "         within 2 s",
    ]);
  });

  test("without colour there is not one escape; with it the text is the same", () => {
    const lines = render(shown, { columns: 80, rows: 24 });
    expect(lines.map(plain).join()).not.toContain("\x1b");
    const colour = new RegExp(`${"\x1b"}\\[\\d+m`, "g");
    const unpainted = lines.map((line) => painted(line).replaceAll(colour, "").trimEnd());
    expect(unpainted).toEqual(lines.map(plain));
  });
});

test.each([
  [80, 24],
  [40, 12],
  [120, 40],
  [20, 5],
  [1, 1],
])(
  "nothing goes over the edge of %i columns and %i lines, and the newest of the log is there",
  (columns, rows) => {
    const log = Array.from({ length: 50 }, (_, i) => ({ ...failed, text: `${failed.text} #${i}` }));
    const reals = Array.from({ length: 40 }, (_, i) => real(i + 1, "down", "timeout: no answer"));
    const lines = drawn(frame(table({}), service(...reals), { log }), columns, rows);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    if (rows >= 12) expect(lines.at(-1)).toContain("#49");
  },
);

test("where not all servers fit, those in trouble do", () => {
  const well = Array.from({ length: 40 }, (_, i) => real(i + 1, "up", "200 OK"));
  const report = service(...well, real(77, "down", "refused: connection refused"));
  const weights = Object.fromEntries(well.map((_, i) => [i + 1, 1]));
  const lines = drawn(frame(table(weights), report), 80, 24);
  expect(lines).toContain("TCP  127.20.0.100:18080 wrr   (40 up and in the table)");
  expect(lines.join("\n")).toContain("refused: connection refused");
});

test("what a server said moves no cursor", () => {
  const report = service(real(1, "down", "mismatch: \x1b[2Jgone\u009b2J"));
  const log = [{ ...failed, text: "Check failed: \x1b]0;title\x07" }];
  const text = drawn(frame(table({}), report, { log }), 80, 24).join("");
  expect(text).not.toMatch(/\p{Cc}/u);
});

test("a beat has a mark for each check, and one for each interval without", () => {
  const beats = new Beats();
  const at = (now: number, checkedAt: number, state: State = "up") => {
    const { check, ...rest } = real(1, state, "");
    const mark = check?.mark ?? "none";
    beats.note([service({ ...rest, check: { at: checkedAt, mark } })], now);
  };
  at(0, 0);
  for (let now = 100; now <= 900; now += 100) at(now, 0);
  at(1000, 1000);
  for (let now = 1100; now <= 3900; now += 100) at(now, 1000);
  at(4000, 4000, "down");
  expect(beats.of(id, "127.20.0.1:18080")).toEqual(["up", "up", "missed", "missed", "failed"]);
});
