import { setTimeout as sleep } from "node:timers/promises";
import { Contestant } from "./contestants.mjs";
import { RealServers } from "./real-servers.mjs";

export const port = 8080;

/** Asks until it is so. @throws after the limit */
export async function until(what, isSo, limitMs, everyMs = 20) {
  const begun = performance.now();
  while (!(await isSo())) {
    if (performance.now() - begun > limitMs)
      throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await sleep(everyMs);
  }
}

/**
 * The same work for each, in turn, as often as the bench has rounds: A B C A B C. Whoever cannot do it is told, and
 * has no value.
 * @param bench of run.mjs
 * @param work of configurations.mjs; `own`: how many servers can fail by themselves
 * @param measure (contestant, servers) → values by name
 * @returns by name of the values, those of each contestant
 */
export async function contest(bench, names, work, measure) {
  const results = {};
  for (let round = 0; round < (work.rounds ?? bench.rounds); round++) {
    for (const name of bench.present(names)) {
      bench.say(`${work.title ?? work.check}: ${name}`);
      try {
        const values = await one(bench, name, { port, each: 20, ...work }, measure);
        for (const [what, value] of Object.entries(values)) {
          results[what] ??= {};
          results[what][name.split("=")[0]] ??= [];
          results[what][name.split("=")[0]].push(...[value].flat());
        }
      } catch (error) {
        bench.failed(`${work.title ?? work.check}: ${name}: ${error.message}`);
      }
    }
  }
  return results;
}

async function one(bench, name, work, measure) {
  const servers =
    work.check === "ping" || work.check === "on"
      ? undefined
      : await RealServers.start({ ...work, program: bench.programs.farm, folder: bench.scratch });
  try {
    if (work.dark) await servers.ask(`dark ${work.darkPort}`);
    const contestant = new Contestant(name, work, bench);
    try {
      return await measure(contestant, servers, work);
    } finally {
      await contestant.end();
    }
  } finally {
    await servers?.stop();
  }
}
