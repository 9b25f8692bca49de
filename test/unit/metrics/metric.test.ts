import { expect, test } from "vitest";
import { exposed, labelText, type Metric, type Source } from "../../../src/metrics/metric.ts";

const weight: Metric<number> = {
  name: "ldirectord_weight",
  type: "gauge",
  help: "Its weight.",
  of: (source) => (source < 0 ? undefined : source),
};

function textOf<S>(metrics: readonly Metric<S>[], sources: readonly Source<S>[]): string {
  let text = "";
  for (const _ of exposed(metrics, sources, (piece) => (text += piece)));
  return text;
}

test("a metric stands with what it is, and each source with its labels; what is not known is left out", () => {
  expect(
    textOf(
      [weight],
      [
        ['server="a"', 5],
        ['server="b"', -1],
        ["", 0],
      ],
    ),
  ).toBe(
    '# HELP ldirectord_weight Its weight.\n# TYPE ldirectord_weight gauge\nldirectord_weight{server="a"} 5\nldirectord_weight 0\n',
  );
});

test("what a source has several of stands with labels beside its own", () => {
  const packets: Metric<number> = {
    name: "ldirectord_packets_total",
    type: "counter",
    help: "Packets.",
    labels: ["direction"],
    of: (many) => [
      [["in"], many],
      [["out"], 0],
    ],
  };
  expect(
    textOf(
      [packets],
      [
        ['row="a"', 7],
        ["", 8],
      ],
    ).split("\n"),
  ).toEqual([
    "# HELP ldirectord_packets_total Packets.",
    "# TYPE ldirectord_packets_total counter",
    'ldirectord_packets_total{row="a",direction="in"} 7',
    'ldirectord_packets_total{row="a",direction="out"} 0',
    'ldirectord_packets_total{direction="in"} 8',
    'ldirectord_packets_total{direction="out"} 0',
    "",
  ]);
});

test("what has a meaning in the format is escaped in a label", () => {
  expect(labelText(["a", "b"], ['x"y\\z', "1\n2"])).toBe('a="x\\"y\\\\z",b="1\\n2"');
});

test("of many samples no step has more than 100 and those of one source", () => {
  const sources = Array.from({ length: 40_000 }, (_, i): Source<number> => [`server="${i}"`, i]);
  const samples: number[] = [];
  for (const _ of exposed([weight], sources, (text) => samples.push(text.split("\n").length)));
  expect(Math.max(...samples)).toBeLessThanOrEqual(103);
  expect(samples.length).toBeGreaterThan(400);
});
