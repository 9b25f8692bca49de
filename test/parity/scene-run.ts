import type { Who } from "../lab/director.ts";
import type { Bench } from "./bench.ts";
import {
  type Deviation,
  deviations,
  printDeviation,
  type Seen,
  unexplained,
  unmet,
} from "./compare.ts";
import type { Machine, Ran } from "./machine.ts";
import { nameIn, type Places, placesOf } from "./places.ts";
import { writePrograms } from "./programs.ts";
import type { Act, Scene } from "./scene.ts";
import { plainLines, Story, said } from "./story.ts";
import { tableLines } from "./table.ts";

/** An original that starts others takes long, on a busy host above all; what differs for good costs this once. */
const patienceMs = Number(process.env["PARITY_PATIENCE_MS"] ?? 120_000);
const everyMs = 600;

export type SceneFindings = ReadonlyMap<Act, readonly string[]>;

interface Side {
  readonly machine: Machine;
  readonly story: Story;
  lines: number;
}

/** Plays the scene on a pair of directors of its own. */
export async function playScene(
  bench: Bench,
  scene: Scene,
  number: number,
): Promise<SceneFindings> {
  const places = placesOf(number);
  const pair = await bench.pair(scene.name, places.hosts);
  await bench.servers({ open: [1, 2, 3].map((i) => [places.resolve(`RS${i}`), 80]) });
  const sides = { original: side(pair.original), ours: side(pair.ours) };
  const failures = new Map<Act, string[]>(scene.acts.map((act) => [act, []]));
  const all: Deviation[] = [];
  try {
    for (const { machine } of Object.values(sides)) {
      writePrograms(machine);
      for (const [path, text] of Object.entries(scene.files)) {
        machine.write(path, places.resolve(text));
      }
    }
    for (const act of scene.acts) {
      const begin = performance.now();
      const found = await play(scene, act, sides, places);
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
    for (const { id } of unmet(all, scene.differs ?? [])) {
      failures.get(scene.acts[0] as Act)?.push(`difference ${id} is listed, and was not met`);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    for (const list of failures.values()) list.push(why);
  } finally {
    await Promise.all([pair.original.close(), pair.ours.close()]);
  }
  return failures;
}

const side = (machine: Machine): Side => ({ machine, story: new Story(), lines: 0 });
const accepted = (scene: Scene, act: Act) => [...(act.differs ?? []), ...(scene.differs ?? [])];

/** Runs it on both, and waits until both have come to the same, or do not. */
async function play(
  scene: Scene,
  act: Act,
  sides: Readonly<Record<Who, Side>>,
  places: Places,
): Promise<Deviation[]> {
  const log = scene.log ?? "/var/log/ldirectord.log";
  const command = places.resolve(act.run);
  const ran = await Promise.all([
    sides.original.machine.run(command),
    sides.ours.machine.run(command),
  ]);
  const end = performance.now() + patienceMs;
  const wrong = (found: readonly Deviation[]) => unexplained(found, accepted(scene, act)).length;
  // Once may be by chance, in the middle of something; unless nothing is under way.
  let same = 0;
  for (;;) {
    const isLate = performance.now() > end;
    const written = deviations(glance(sides.original, log), glance(sides.ours, log));
    if (wrong(written) > 0 && !isLate) same = 0;
    else {
      const [original, ours] = await Promise.all([
        look(sides.original, ran[0], log),
        look(sides.ours, ran[1], log),
      ]);
      const found = deviations(original.seen, ours.seen);
      same = wrong(found) === 0 ? same + 1 : 0;
      const isOver = !original.isAlive && !ours.isAlive;
      if (same >= (isOver ? 1 : 3) || isLate) {
        for (const it of Object.values(sides)) {
          const lines = plainLines(it.machine.read(log));
          it.story.keep(lines.slice(it.lines));
          it.lines = lines.length;
        }
        return found;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** What costs no process: the directors would have to wait for those of a whole look. */
function glance({ machine, story, lines }: Side, log: string): Seen {
  const logged = plainLines(machine.read(log));
  return {
    // A log that was moved away begins anew.
    log: story.net(logged.length < lines ? logged : logged.slice(lines)),
    calls: [...new Set(machine.read("/srv/calls").split("\n"))],
  };
}

const state = `
for file in /run/ldirectord.*.pid; do
  [[ -e $file ]] || continue
  kill -0 "$(<"$file")" 2>/dev/null && echo "$file runs" || echo "$file is stale"
done
pgrep -f ldirectord >/dev/null`;

async function look(
  side: Side,
  ran: Ran,
  log: string,
): Promise<{ readonly seen: Seen; readonly isAlive: boolean }> {
  const { code, stdout } = await side.machine.run(state);
  const seen = {
    ...glance(side, log),
    "exit code": [String(ran.code)],
    stdout: said(ran.stdout),
    stderr: said(ran.stderr),
    "pid files": stdout.split("\n"),
    table: tableLines(await side.machine.table()),
  };
  return { seen, isAlive: code === 0 };
}
