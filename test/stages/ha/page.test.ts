/** docs/high-availability.md, from one director to a pair: its commands in their order, on two directors, word for word. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { example } from "../../lab/director.ts";
import { installReader, KeepalivedAndOurs } from "../../lab/ha/keepalived.ts";
import { measureOf } from "../../lab/ha/measure.ts";
import { Pair } from "../../lab/ha/pair.ts";
import { putFiles } from "../../lab/ha/put-files.ts";
import { type DirectorName, pairByDirectRouting, pairVips } from "../../lab/ha/topologies.ts";
import { usualTraffic } from "../../lab/ha/traffic.ts";
import { ipIn } from "../../lab/namespace.ts";
import { say } from "../../lab/say.ts";
import { stepsOf, transcriptOf, withoutTimes } from "../../lab/transcript.ts";
import { pause } from "../../lab/until.ts";

const page = readFileSync(new URL("../../../docs/high-availability.md", import.meta.url), "utf8");
const [, recipeA = ""] = /^## Recipe a\b[^\n]*\n([\s\S]*?)(?=^## )/m.exec(page) ?? [];
const [vip] = pairVips;
const cf = "/etc/ha.d/ldirectord.cf";

/** Programs of a Debian that a lab has not, or not so: what each does to a director is the same. */
const standIns = {
  // Its packages are there.
  "apt-get": "exit 0",
  systemctl: `case "$*" in
  "enable --now ldirectord") exec ldirectord ${cf} start >/dev/null ;;
  "reload ldirectord") exec ldirectord ${cf} reload >/dev/null ;;
  "enable --now keepalived") exec keepalived ;;
  "reload keepalived") exec kill -HUP "$(cat /run/keepalived.pid)" ;;
  daemon-reload) exit 0 ;;
  *) echo "systemctl: $* is not known here" >&2; exit 1 ;;
esac`,
  // From the other one's files, which the lab has put here.
  scp: `for last; do :; done
for from; do
  case $from in director1:*) cp -r "/run/director1\${from#director1:}" "$last" || exit ;; esac
done`,
};

let lab: Pair;
let recipe: KeepalivedAndOurs;
let played = "";

beforeAll(async () => {
  lab = await Pair.open(pairByDirectRouting());
  recipe = new KeepalivedAndOurs(lab, "dr");
  for (const node of Object.values(lab.directors)) {
    await installReader(node);
    await putFiles(node, example(""), "/usr/share/doc/ldirectord-ng/examples");
    for (const [name, script] of Object.entries(standIns)) {
      await node.write(`/usr/local/sbin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
    }
  }
  // One director, as it was.
  const { director1 } = lab.directors;
  await director1.copy(recipe.fileOf(cf), cf);
  await ipIn(
    director1.namespace,
    pairVips.map((it) => `addr add ${it}/32 dev eth0`),
  );
  await director1.run("ldirectord", cf, "start");
  await recipe.untilRows("director1", 6);
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") say(`what was played:\n${played}`);
});
afterAll(async () => {
  await lab?.close();
});

let here: DirectorName = "director1";
let movedAt = 0;

/** @param words of a directive */
async function change(words: string): Promise<void> {
  const [, on] = /^on (director\d)$/.exec(words) ?? [];
  const [, director, state] = /^until (director\d) (.+)$/.exec(words) ?? [];
  if (on !== undefined) here = on as DirectorName;
  else if (director !== undefined) await untilIt(director as DirectorName, `${state}`);
  else if (words === "director2 can read director1's files") {
    const { director1, director2 } = lab.directors;
    const archive = `/tmp/of-director1-${process.pid}.tar`;
    const files = [
      ...["etc/ha.d", "etc/keepalived", "etc/sysctl.d/60-ldirectord.conf"],
      ...["etc/modules-load.d/ldirectord.conf", "etc/systemd/system/keepalived.service.d"],
    ];
    await director1.run("tar", "-cf", archive, "-C", "/", ...files);
    await director2.run("mkdir", "/run/director1");
    await director2.run("tar", "-xf", archive, "-C", "/run/director1");
    await rm(archive);
  } else if (words === "until each director has its own address") {
    await recipe.untilHolders(["director1"], ["director2"]);
  } else if (words === "traffic begins") {
    await lab.traffic.begin(usualTraffic(vip));
    await pause(3000);
    movedAt = Date.now();
  } else if (words === "traffic ends: no connection broke") {
    await lab.traffic.untilAnswered(Date.now());
    await pause(3000);
    const measure = measureOf(await lab.traffic.end(), movedAt);
    expect(measure).toMatchObject({ broken: 0, connections: 50 });
    expect(measure.failed).toBeLessThan(50);
  } else throw new Error(`docs/high-availability.md: no such directive: ${words}`);
}

async function untilIt(director: DirectorName, state: string): Promise<void> {
  if (state === "has the addresses") {
    for (const each of pairVips) await lab.directors[director].untilAddress(each);
  } else if (state === "knows its servers") await recipe.untilRows(director, 6);
  else if (/^is (master|backup)$/.test(state)) {
    await recipe.untilSynced(director, state.slice(3) as "master" | "backup");
  } else throw new Error(`docs/high-availability.md: ${director} never ${state}`);
}

test("is what happens, word for word but for times", { timeout: 400_000 }, async () => {
  let written = "";
  for (const step of stepsOf(recipeA)) {
    if (step.kind === "world") await change(step.words);
    else if (step.kind === "command") {
      const inPath = `PATH=/usr/local/sbin:/usr/sbin:$PATH; ${step.command}`;
      const { out } = await lab.directors[here].shell(inPath);
      played += transcriptOf(step.command, out);
      written += transcriptOf(step.command, step.output);
    }
  }
  expect(withoutTimes(played)).toBe(withoutTimes(written));
  expect(written.length).toBeGreaterThan(1000);
});
