/** What a check costs each director, and how punctual it is: connect, http, https and ping at so many a second. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../figures/statistics.mjs";
import { contest, until } from "../lib/contest.mjs";
import { cpuOf } from "../lib/process.mjs";

/** Echo requests that have come to this network; what a farm would count of ping. */
function echoes() {
  const counts = /^Icmp: (\d.*)$/m.exec(readFileSync("/proc/net/snmp", "utf8"))?.[1].split(" ");
  return Number(counts?.[8] ?? 0);
}

/** From the start until each server has been asked once. */
export const allAsked = (contestant, servers, { reals, interval }) =>
  until(
    "all real servers asked once",
    async () => {
      contestant.assertRuns();
      return (servers ? (await servers.ask("seen")).servers : echoes()) >= reals;
    },
    60_000 + interval * 2000,
  );

/** @param times { settle, windows, seconds }: after the first round; how many windows, of how many seconds each */
const costOf = (times) => async (contestant, servers, work) => {
  await allAsked(contestant, servers, work);
  const isUp = () => !contestant.tellsTable || contestant.rows() >= work.reals * 0.99;
  await until("all real servers up", isUp, 30_000, 100);
  await sleep(times.settle * 1000);
  const windows = [];
  for (let i = 0; i < times.windows; i++) {
    windows.push(await costInWindow(contestant, servers, work, times.seconds));
  }
  const of = (what) => windows.flatMap((window) => window[what] ?? []);
  return { cost: of("cost"), done: of("done"), processor: of("processor"), late: of("late") };
};

async function costInWindow(contestant, servers, { interval }, seconds) {
  await servers?.ask(`reset ${interval * 1e6}`);
  const [begun, cpu, echoesBefore] = [performance.now(), cpuOf(contestant.pid), echoes()];
  await sleep(seconds * 1000);
  const report = await servers?.ask("report");
  const spent = cpuOf(contestant.pid) - cpu;
  const spanSec = (performance.now() - begun) / 1000;
  contestant.assertRuns();
  const checks = report?.connections ?? echoes() - echoesBefore;
  return {
    ...(checks > 0 && { cost: (spent * 1e6) / checks }),
    done: checks / spanSec,
    processor: (spent * 100) / spanSec,
    ...(report?.gaps && { late: report.offP99 }),
  };
}

/** Ratios to keepalived, from issue 12. */
const goals = {
  connect: { 200: 2, 1000: 1.3, 2000: 1, 10000: 0.9 },
  http: { 1000: 1.2 },
  https: { 1000: 1.1 },
  ping: { 10000: 1.5 },
};

/** A second, on one core (https: two), with starts at most 50 ms off at the 99th percentile. */
const ceilings = { connect: 15_000, http: 8_000, https: 2_000 };

const contestants = {
  connect: (rate) => ["ours", "keepalived", "floor", ...(rate === 200 ? ["original"] : [])],
  http: () => ["ours", "keepalived", "floor"],
  https: () => ["ours", "keepalived"],
  ping: () => ["ours", "keepalived"],
};

/** What one loop cannot hold: it has a thread beside it. */
const threaded = { https: 2000 };

/** @returns seconds until V8 has compiled what a check runs: a director lives for months */
const settled = (rate) => Math.max(2, Math.min(15, 10_000 / rate));

/** Of one check: its sizes are the rates. */
function checkRow(check, sizes) {
  return {
    name: check,
    about: `what a ${check} check costs, at so many a second`,
    sizes,
    async run(bench, { rates, settle = settled, windows = 3, seconds = 2 }) {
      for (const rate of rates) {
        const ini = rate === threaded[check] ? ["[checks]", "threads=1"] : [];
        const work = {
          ...{ check, reals: rate, interval: 1, title: `${check} at ${rate}/s`, ini },
          environment: { SSL_CERT_FILE: join(bench.scratch, "certificate.pem") },
        };
        const measure = costOf({ settle: settle(rate), windows, seconds });
        const { cost, done, processor, late } = await contest(
          ...[bench, contestants[check](rate), work, measure],
        );
        const figure = (what, unit, values, goal) =>
          bench.figure({
            row: check,
            at: `${rate.toLocaleString("en")}/s`,
            what,
            unit,
            values,
            goal,
          });
        const ratio = goals[check][rate];
        figure("CPU a check", "µs", cost, ratio && { atMost: ratio, of: "keepalived" });
        const isCeiling = rate === ceilings[check];
        const isBehind = Object.values(done ?? {}).some((runs) => median(runs) < rate * 0.95);
        if (isCeiling || isBehind || rate >= 10_000) {
          figure("checks done", "a second", done, isCeiling ? { atLeast: rate * 0.99 } : undefined);
          figure("of one processor", "%", processor);
          if (Object.values(late ?? {}).some(({ length }) => length > 0))
            figure("off its time, 99 of 100", "ms", late, isCeiling ? { atMost: 50 } : undefined);
        }
      }
    },
  };
}

const thorough = { settle: (rate) => 2 * settled(rate), seconds: 5 };

export const connect = checkRow("connect", {
  small: { rates: [1000, 10_000], windows: 2 },
  record: { rates: [200, 1000, 2000, 10_000, 15_000] },
  full: { rates: [200, 1000, 2000, 10_000, 15_000], ...thorough },
});
export const http = checkRow("http", {
  small: { rates: [1000], windows: 2 },
  record: { rates: [1000, 8000] },
  full: { rates: [200, 1000, 2000, 8000, 10_000], ...thorough },
});
export const https = checkRow("https", {
  small: { rates: [200], windows: 2 },
  record: { rates: [200, 1000, 2000] },
  full: { rates: [200, 1000, 2000], ...thorough },
});
export const ping = checkRow("ping", {
  small: { rates: [1000], windows: 2 },
  record: { rates: [1000, 10_000] },
  full: { rates: [1000, 10_000], ...thorough },
});
