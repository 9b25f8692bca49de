/** The word of health on the kernel's table: through a restart, and as another hand changes weights. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isOriginal, ourProgram } from "../../lab/director.ts";
import { Lab } from "../../lab/lab.ts";
import { runIn } from "../../lab/namespace.ts";
import { directRouting, VIP } from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

const reader = fileURLToPath(
  new URL("../../../packaging/files/ldirectord-health", import.meta.url),
);
const virtual = `${VIP}:80`;

// The original has no word.
describe.skipIf(isOriginal)("the word of health", () => {
  let lab: Lab;
  let file: string;
  const ldirectord = (command: string) =>
    runIn(lab.director, process.execPath, [ourProgram, file, command]);
  const ipvsadm = (...args: readonly string[]) => runIn(lab.director, "ipvsadm", args);
  /** `192.168.10.101:80 usable 2 of 2`; nothing when the file is stale or not there. */
  const asked = async () => {
    const script = `${reader} -f ${lab.folder}/run/dr.cf.health ${virtual} 2>/dev/null; :`;
    return (await runIn(lab.director, "/bin/sh", ["-c", script])).trim();
  };
  const untilAsked = (word: string) =>
    until(asked, (told) => told === `${virtual} ${word}`, `it is ${word}`);

  beforeAll(async () => {
    lab = await Lab.open({ topology: directRouting(), servers: { ports: [80] } });
    file = join(lab.folder, "dr.cf");
    await writeFile(
      file,
      `logfile="${lab.folder}/log"
checkinterval=1
virtual=${virtual}
        real=192.168.10.201:80 gate
        real=192.168.10.202:80 gate
        checktype=connect
`,
    );
    await writeFile(
      join(lab.folder, "ldirectord-ng.ini"),
      `[daemon]\nrundir=${lab.folder}\n[table]\nreread-seconds=1\n[health]\ndirectory=${lab.folder}/run\n`,
    );
    await ldirectord("start");
    await untilAsked("usable 2 of 2");
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await lab.printReport();
  });
  afterAll(async () => {
    await ldirectord("stop").catch(() => undefined);
    await lab.close();
  });

  test("a restart takes nothing of it: the rows that are found count", async () => {
    let isOver = false;
    const restarted = ldirectord("restart").finally(() => {
      isOver = true;
    });
    const seen = new Set<string>();
    while (!isOver) seen.add(await asked());
    await restarted;
    seen.add(await asked());
    // Where a start takes longer than the heartbeat is good for, there is a while without a word; never another word.
    seen.delete("");
    expect([...seen]).toEqual([`${virtual} usable 2 of 2`]);
  });

  test("a server that another hand gives weight 0 does not count", async () => {
    const edit = (server: string, weight: number) =>
      ipvsadm("-e", "-t", virtual, "-r", `${server}:80`, "-g", "-w", String(weight));
    await edit("192.168.10.201", 0);
    await untilAsked("usable 1 of 2");
    await edit("192.168.10.202", 0);
    await untilAsked("nobody 0 of 2");
    await edit("192.168.10.202", 3);
    await untilAsked("usable 1 of 2");
    await edit("192.168.10.201", 1);
    await untilAsked("usable 2 of 2");
  });
});
