import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { spread } from "../../lab/client.ts";
import { example, isOriginal, ourProgram } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn } from "../../lab/namespace.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

const service = `TCP ${VIP}:80`;
const both = { "192.168.10.201:80": "Route 1", "192.168.10.202:80": "Route 2" };

// The original empties the table.
describe.skipIf(isOriginal)("the commands, under traffic", () => {
  let lab: Lab;
  let file: string;
  const ldirectord = (command: string) =>
    runIn(lab.director, process.execPath, [ourProgram, file, command]);
  const hasBoth = () =>
    until(
      () => lab.table(),
      (table) => Object.entries(both).every(([at, row]) => table[service]?.servers[at] === row),
      "both servers are in the table",
    );
  const pid = () => Number(readFileSync(join(lab.folder, "ldirectord.dr.cf.pid"), "utf8"));

  beforeAll(async () => {
    lab = await Lab.open({ topology: directRouting(), servers: { ports: [80] } });
    file = join(lab.folder, "dr.cf");
    const text = await readFile(example("dr.cf"), "utf8");
    await writeFile(file, `logfile="${lab.folder}/log"\ncleanstop=yes\n${text}`);
    await writeFile(join(lab.folder, "ldirectord-ng.ini"), `[daemon]\nrundir=${lab.folder}\n`);
    await ldirectord("start");
    await hasBoth();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await lab.printReport();
  });
  afterAll(async () => {
    await ldirectord("stop").catch(() => undefined);
    await lab.close();
  });

  test("a restart hands the table over: another daemon, and no request fails", async () => {
    const before = pid();
    await lab.client.startLoad(`http://${VIP}/`, 20);
    await ldirectord("restart");
    await ldirectord("try-restart");
    await hasBoth();
    const answers = spread(await lab.client.stopLoad());
    expect(pid()).not.toBe(before);
    expect(Object.keys(answers).sort()).toEqual(["This is rs1", "This is rs2"]);
  });

  test("only a stop empties it", async () => {
    await ldirectord("stop");
    expect(await lab.table()).toEqual({});
  });
});
