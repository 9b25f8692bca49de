import { afterAll, beforeAll, describe, test } from "vitest";
import { expectNone } from "../parity/expect-none.ts";
import { expectMet } from "../parity/parity.ts";
import { Rig } from "../parity/rig.ts";
import { allReadings } from "./cases/all.ts";
import type { Readings } from "./reading.ts";
import { type ReadingFindings, readAll } from "./reading-run.ts";

const only = process.env["PARITY_ONLY"] ?? "";
const chosen = allReadings
  .map((it) =>
    it.name.includes(only)
      ? it
      : { ...it, readings: it.readings.filter(({ name }) => name.includes(only)) },
  )
  .filter(({ readings }) => readings.length > 0);
const findings = new Map<Readings, Promise<ReadingFindings>>();
let rig: Rig;

beforeAll(async () => {
  rig = await Rig.open(Math.max(1, chosen.length));
  chosen.forEach((it, i) => {
    findings.set(it, readAll(rig, it, i));
  });
});
afterAll(() => rig?.close());

describe.for(chosen)("what is said of a file: $name", (list) => {
  for (const it of list.readings) {
    test(it.name, async () => {
      expectNone((await findings.get(list))?.get(it), it.text);
    });
  }
});

expectMet("own-warnings");
