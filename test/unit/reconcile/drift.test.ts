import { describe, expect, test } from "vitest";
import type { TableDest, TableRow, TableService } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { describeSide, findDrift, isEdit } from "../../../src/reconcile/observe/drift.ts";
import {
  type DesiredDest,
  type DesiredService,
  tableService,
} from "../../../src/reconcile/rows.ts";
import { serverRow, tcp, virtualService } from "../../support/builders.ts";

const service = tableService(virtualService(tcp("10.0.0.1:80"), []));
const lc: TableService = { ...service, scheduler: "lc" };
const [A, B] = ["10.0.0.3:80", "10.0.0.4:80"];
const dest = (text: string, weight: number): TableDest => serverRow(text, { weight });
type Weights = Readonly<Record<string, number>>;
const row = (weights: Weights, of = service): TableRow => ({
  service: of,
  dests: Object.entries(weights).map(([text, weight]) => dest(text, weight)),
});
const wanted = (
  weights: Weights,
  presence: DesiredDest["presence"] = "required",
): DesiredService => ({
  service,
  isFallbackOn: false,
  dests: row(weights).dests.map((each) => ({
    dest: each,
    presence,
    standing: presence === "required" ? "up" : "unknown",
    decidedBy: "file",
    real: each.endpoint,
  })),
});

/** `10.0.0.3:80 1 -> 2`, `service wrr -> lc`, with a `-` for what is absent; `!` marks an edit. */
const found = (...args: Parameters<typeof findDrift>): readonly string[] =>
  findDrift(...args).map((drift) => {
    const edit = isEdit(drift) ? " !" : "";
    if (drift.of === "service") {
      const { before, after } = drift;
      return `service ${before?.scheduler ?? "-"} -> ${after?.scheduler ?? "-"}${edit}`;
    }
    const { before, after } = drift;
    const place = formatEndpoint(drift.endpoint);
    return `${place} ${before?.weight ?? "-"} -> ${after?.weight ?? "-"}${edit}`;
  });

describe("what changed without us", () => {
  test.for<
    [
      name: string,
      before: TableRow | undefined,
      after: TableRow | undefined,
      wanted: DesiredService | undefined,
      drift: string[],
    ]
  >([
    ["nothing", row({ [A]: 1 }), row({ [A]: 1 }), wanted({ [A]: 1 }), []],
    ["nothing, where we want another", row({ [A]: 1 }), row({ [A]: 1 }), wanted({ [A]: 2 }), []],
    ["nothing, where we want none", row({ [A]: 1 }, lc), row({ [A]: 1 }, lc), wanted({}), []],
    ["a weight", row({ [A]: 1 }), row({ [A]: 2 }), wanted({ [A]: 1 }), [`${A} 1 -> 2 !`]],
    ["a weight, as we want it", row({ [A]: 1 }), row({ [A]: 2 }), wanted({ [A]: 2 }), []],
    [
      "a weight, of a server not yet asked",
      row({ [A]: 1 }),
      row({ [A]: 2 }),
      wanted({ [A]: 0 }, "tolerated"),
      [],
    ],
    ["a server more", row({}), row({ [B]: 1 }), wanted({}), [`${B} - -> 1`]],
    ["a server more, as we want it", row({}), row({ [B]: 1 }), wanted({ [B]: 1 }), []],
    ["a server less", row({ [A]: 1 }), row({}), wanted({ [A]: 1 }), [`${A} 1 -> -`]],
    ["a server less, as we want it", row({ [A]: 1 }), row({}), wanted({}), []],
    [
      "several at once",
      row({ [A]: 1 }),
      row({ [A]: 2, [B]: 1 }, lc),
      wanted({ [A]: 1 }),
      ["service wrr -> lc !", `${A} 1 -> 2 !`, `${B} - -> 1`],
    ],
    ["the scheduler", row({}), row({}, lc), wanted({}), ["service wrr -> lc !"]],
    ["the scheduler, as we want it", row({}, lc), row({}), wanted({}), []],
    [
      "the scheduler of one that is to go",
      row({ [A]: 1 }),
      row({ [A]: 2 }, lc),
      undefined,
      ["service wrr -> lc !", `${A} 1 -> 2 !`],
    ],
    ["the service is gone", row({ [A]: 1 }), undefined, wanted({ [A]: 1 }), ["service wrr -> -"]],
    ["the service is gone, as we want it", row({}), undefined, undefined, []],
    ["the service is there", undefined, row({}), undefined, ["service - -> wrr"]],
    ["the service is there, as we want it", undefined, row({ [A]: 9 }), wanted({ [A]: 1 }), []],
    ["never was, is not", undefined, undefined, wanted({}), []],
    ["never was, is not, should not", undefined, undefined, undefined, []],
  ])("%s", ([, before, after, want, drift]) => {
    expect(found(before, after, want)).toEqual(drift);
  });
});

test("each side is one line", () => {
  expect(describeSide(undefined)).toBe("absent");
  expect(describeSide(service)).toBe("scheduler wrr");
  expect(describeSide({ ...service, persistenceSec: 0 })).toBe("scheduler wrr persistent 0");
  expect(describeSide(dest(A, 7))).toBe("gate weight 7");
  expect(describeSide({ ...dest(A, 7), upperThreshold: 9 })).toBe("gate weight 7 thresholds 0..9");
  expect(describeSide({ ...dest(A, 7), lowerThreshold: 9 })).toBe("gate weight 7 thresholds 9..0");
});
