import {
  type Deviation,
  deviations,
  printDeviation,
  type Seen,
  unexplained,
  unmet,
} from "./compare.ts";
import type { Ran } from "./machine.ts";
import { nameIn, type Places, placesOf } from "./places.ts";
import { writePrograms } from "./programs.ts";
import { type CaseRecord, OriginalRecord } from "./record.ts";
import type { Rig } from "./rig.ts";
import type { Act, Scene } from "./scene.ts";
import { Side } from "./side.ts";
import { met } from "./story.ts";
import { tableLines } from "./table.ts";

/** An original that starts others takes long, on a busy host above all; what differs for good costs this once. */
const patienceMs = Number(process.env["PARITY_PATIENCE_MS"] ?? 120_000);
const everyMs = 600;

export type SceneFindings = ReadonlyMap<Act, readonly string[]>;

/** Plays the scene on directors of its own. */
export async function playScene(rig: Rig, scene: Scene, number: number): Promise<SceneFindings> {
  const places = placesOf(number);
  const record = OriginalRecord.open("scenes", scene.name);
  const machines = await rig.directors(scene.name, places.hosts, record.who);
  await rig.servers({ open: [1, 2, 3].map((i) => [places.resolve(`RS${i}`), 80]) });
  const sides = machines.map((machine) => new Side(machine));
  const failures = new Map<Act, string[]>(scene.acts.map((act) => [act, []]));
  const all: Deviation[] = [];
  try {
    for (const machine of machines) {
      writePrograms(machine);
      for (const [path, text] of Object.entries(scene.files)) {
        machine.write(path, places.resolve(text));
      }
    }
    const { files, log, acts } = scene;
    for (const [i, act] of acts.entries()) {
      const begin = performance.now();
      const before = acts.slice(0, i + 1).map(({ run }) => run);
      const recorded = record.of(`${i + 1} ${act.name}`, {
        ...{ files, log, before, number, hosts: places.hosts },
      });
      const { found, stale } = await play(scene, act, sides, places, recorded);
      failures.get(act)?.push(...recorded.lacks, ...stale);
      all.push(...found);
      const wrong = unexplained(found, accepted(scene, act));
      const told = wrong.map((it) => nameIn(places, printDeviation(it)));
      for (const { id } of unmet(found, act.differs ?? [])) {
        told.push(`difference ${id} is listed, and was not met`);
      }
      failures.get(act)?.push(...told);
      const seconds = Math.round((performance.now() - begin) / 1000);
      console.log(`${scene.name}: ${act.name}: ${seconds} s, ${told.length} lines differ`);
    }
    record.close(sides.find(({ machine }) => machine.who === "original")?.story.met);
    for (const id of record.leftOut) met.add(id);
    for (const { id } of unmet(all, scene.differs ?? [])) {
      failures.get(scene.acts[0] as Act)?.push(`difference ${id} is listed, and was not met`);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    for (const list of failures.values()) list.push(why);
  } finally {
    for (const { story } of sides) for (const id of story.met) met.add(id);
    await Promise.all(machines.map((machine) => machine.close()));
  }
  return failures;
}

const accepted = (scene: Scene, act: Act) => [...(act.differs ?? []), ...(scene.differs ?? [])];

/** There is one in an act: what it comes to. */
const moment = "end";

/** Runs it on each, and waits until ours has come to the same as the original or its record, or does not. */
async function play(
  scene: Scene,
  act: Act,
  sides: readonly Side[],
  places: Places,
  recorded: CaseRecord,
): Promise<{ readonly found: Deviation[]; readonly stale: readonly string[] }> {
  const log = scene.log ?? "/var/log/ldirectord.log";
  const command = places.resolve(act.run);
  const ran = await Promise.all(sides.map(({ machine }) => machine.run(command)));
  const end = performance.now() + patienceMs;
  const wrong = (found: readonly Deviation[]) => unexplained(found, accepted(scene, act)).length;
  const known = recorded.original(moment);
  // Once may be by chance, in the middle of something; unless nothing is under way. What is recorded is to last.
  const often = recorded.isWritten ? 8 : 3;
  let same = 0;
  let before = "";
  for (;;) {
    const isLate = performance.now() > end;
    const [ourGlance = {}, itsGlance] = sides.map((side) => glance(side, log));
    const ofKnown = known && { log: known["log"] ?? [], calls: known["calls"] ?? [] };
    const written = deviations(itsGlance ?? ofKnown ?? ourGlance, ourGlance);
    if (wrong(written) > 0 && !isLate) same = 0;
    else {
      const looks = await Promise.all(sides.map((side, i) => look(side, ran[i], log)));
      const [ours = {}, live] = looks.map(({ seen }) => seen);
      const found = deviations(live ?? known ?? ours, ours);
      const stale = live === undefined ? [] : recorded.stale(moment, live);
      const text = JSON.stringify(live ?? known);
      const lasts = !recorded.isWritten || before === "" || before === text;
      const isSame = wrong(found) === 0 && stale.length === 0 && lasts;
      before = text;
      same = isSame ? same + 1 : 0;
      const isOver = looks.every(({ isAlive }) => !isAlive);
      if (same >= (isOver ? 1 : often) || isLate) {
        if (live !== undefined) recorded.note(moment, live);
        for (const it of sides) it.pass(log);
        return { found, stale };
      }
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** What costs no process: the directors would have to wait for those of a whole look. */
const glance = (side: Side, log: string): Seen => ({
  log: side.story.net(side.news(log)),
  calls: [...new Set(side.machine.read("/srv/calls").split("\n"))],
});

const state = `
for file in /run/ldirectord.*.pid; do
  [[ -e $file ]] || continue
  kill -0 "$(<"$file")" 2>/dev/null && echo "$file runs" || echo "$file is stale"
done
pgrep -f ldirectord >/dev/null`;

async function look(
  side: Side,
  ran: Ran | undefined,
  log: string,
): Promise<{ readonly seen: Seen; readonly isAlive: boolean }> {
  const { code, stdout } = await side.machine.run(state);
  const seen = {
    ...glance(side, log),
    "exit code": [String(ran?.code)],
    stdout: side.story.said(ran?.stdout ?? ""),
    stderr: side.story.said(ran?.stderr ?? ""),
    "pid files": stdout.split("\n"),
    table: tableLines(await side.machine.table()),
  };
  return { seen, isAlive: code === 0 };
}
