/** The proof that the rig can fail. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Case } from "./case.ts";
import { GroupRun } from "./group-run.ts";
import { Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open(1, "quiesce");
});
afterAll(() => rig?.close());

test("a program that quiesces where it should delete is found out, in that case and no other", async () => {
  const dies = (quiescent: string): Case => ({
    name: quiescent,
    file: `virtual=VIP:80
    real=RS1:80 masq 2
    real=RS2:80 masq
    checktype=connect
    quiescent=${quiescent}
`,
    steps: [{ name: "RS1 dies", events: [{ down: "RS1" }] }],
  });
  const cases = [dies("no"), dies("yes")];
  const globals = "checkinterval=1\nchecktimeout=8\n";
  const found = await GroupRun.run(rig, { name: "broken", globals, cases }, 0);
  const [deleted = [], quiesced, daemon] = [...found.values()];
  expect(deleted).toContain(
    "step 1 (RS1 dies): table, ours only: -t VIP:80 -> RS1:80 masq weight 0 upper 0 lower 0",
  );
  expect(deleted).toContain(
    "step 1 (RS1 dies): log, original only: Deleted real server: RS1:80 (VIP:80)",
  );
  expect(quiesced).toEqual([]);
  expect(daemon).toEqual([]);
});
