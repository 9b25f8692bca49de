/**
 * The file read again: what it costs the program, beside keepalived; and, of ours inside this bench's own process, how long
 * the loop was held up, what setting up a large service takes, and how fast a file is read.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { contest, until } from "../lib/contest.mjs";
import { cpuOf } from "../lib/process.mjs";
import { runScript } from "../lib/script.mjs";

const quietMs = 1500;

/** CPU seconds that an act costs, until it has been quiet for a while, less what it needs anyway. */
async function costOf(pid, act) {
  const idleFrom = cpuOf(pid);
  await sleep(2000);
  const idle = (cpuOf(pid) - idleFrom) / 2000;
  const [begun, before] = [performance.now(), cpuOf(pid)];
  act();
  let [busyAt, last, lastAt] = [begun, before, begun];
  while (performance.now() - busyAt < quietMs && performance.now() - begun < 60_000) {
    await sleep(50);
    const [now, nowAt] = [cpuOf(pid), performance.now()];
    if (now - last > 0.004 + 2 * idle * (nowAt - lastAt)) busyAt = nowAt;
    [last, lastAt] = [now, nowAt];
  }
  return last - before - idle * (lastAt - begun);
}

async function reloads(contestant, _servers, { reals }) {
  await until("all in the table", () => contestant.rows() === reals, 180_000, 200);
  await sleep(3000);
  const same = await costOf(contestant.pid, () => contestant.reload());
  contestant.rewrite({ firstWeight: 2 });
  const changed = await costOf(contestant.pid, () => contestant.reload());
  contestant.assertRuns();
  return { same, changed };
}

const count = (layout) => layout.split("x").reduce((product, part) => product * Number(part), 1);

/** What bench/reload.mjs tells of a layout. */
function figuresInside(bench, layout, runs) {
  const at = `${layout} servers, ours alone`;
  const of = (what, key) =>
    runs.find((run) => run.layout === layout && run.what === what)?.runs.map((run) => run[key]);
  const figure = (row, what, unit, ours, atMost) =>
    bench.figure({ row, at, what, unit, values: { ours }, ...(atMost && { goal: { atMost } }) });
  if (layout.startsWith("1x")) {
    figure("one service", "CPU of its set-up", "ms", of("start", "cpuMs"));
    return;
  }
  const reals = count(layout);
  figure(
    "file to plan",
    "real servers",
    "a second",
    of("prepare", "cpuMs").map((ms) => (reals * 1000) / ms),
  );
  figure("reload", "nothing changed, CPU", "ms", of("same", "cpuMs"), 500);
  figure("reload", "nothing changed, messages to the table", "", of("same", "messages"), 0.5);
  figure("reload", "nothing changed, longest turn", "ms", of("same", "turnMs"), 20);
  figure("reload", "one weight changed, CPU", "ms", of("changed", "cpuMs"));
  figure("reload", "one weight changed, longest turn", "ms", of("changed", "turnMs"), 20);
}

export const reload = {
  name: "reload",
  about: "the file read again, unchanged and changed; one large service; file to plan",
  sizes: {
    small: { counts: [1000], layouts: ["500x10", "1x5000"] },
    record: { counts: [5000], layouts: ["2300x16", "1x5000", "1x10000"] },
    full: { counts: [5000, 36_800], layouts: ["500x10", "2300x16", "1x5000", "1x10000"] },
  },
  async run(bench, { counts, layouts }) {
    for (const reals of counts) {
      const title = `reload of ${reals}`;
      const work = { check: "connect", reals, interval: 10, rounds: 1, title };
      const { same, changed } = await contest(bench, ["ours", "keepalived"], work, reloads);
      const figure = { row: "reload", at: `${reals.toLocaleString("en")} servers`, unit: "s" };
      bench.figure({ ...figure, what: "nothing changed, CPU", values: same });
      bench.figure({ ...figure, what: "one weight changed, CPU", values: changed });
    }
    for (const layout of layouts) {
      bench.say(`reload inside: ${layout}`);
      const told = await runScript(bench, "reload.mjs", [layout]);
      if (told) figuresInside(bench, layout, told.results);
    }
  },
};
