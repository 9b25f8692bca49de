/** What `ldirectorctl simulate` tells of a file is what the daemon does with it and real servers. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Story } from "../../../src/simulate/simulation.ts";
import { cli, Site, WebServer } from "./site.ts";

const ctl = join(dirname(cli), "ldirectorctl.js");
const intervalMs = 2_000;
/** A process on a busy host. */
const slackMs = 2_000;

let site: Site;
let webs: readonly [WebServer, WebServer];
beforeEach(async () => {
  site = new Site();
  webs = [await WebServer.start(), await WebServer.start()];
});
afterEach(async () => {
  await Promise.all(webs.map((web) => web.stop()));
  await site.close();
});

const isRow = (line: string) => /^(Added|Deleted|Restored|Quiescent|Purged) /.test(line);

test("the same rows change in the same order, with the same weights, within an interval", async () => {
  const [a, b] = webs.map(({ port }) => `127.0.0.1:${port}`) as [string, string];
  site.write(
    "web.cf",
    `logfile="${site.logFile}"
checkinterval=${intervalMs / 1000}
checktimeout=2
failurecount=2
virtual=127.0.0.1:8098
        real=${a} masq 3
        real=${b} masq 4
        fallback=127.0.0.1:9 masq
        service=http
        request="/"
        receive="Welcome"
`,
  );
  const acts = [
    { real: a, line: `${a} down`, act: () => webs[0].stop(), sign: `Deleted real server: ${a}` },
    { real: b, line: `${b} down`, act: () => webs[1].stop(), sign: `Deleted real server: ${b}` },
    { real: b, line: `${b} up`, act: () => webs[1].start(), sign: "Deleted fallback server" },
    { real: a, line: `${a} up`, act: () => webs[0].start(), sign: `Added real server: ${a}` },
  ];
  const script = acts.map(({ line }, nth) => `at ${20 * (nth + 1)}s ${line}`);
  site.write("script.txt", `${script.join("\n")}\nuntil 2m\n`);

  await site.start();
  const first = [a, b].map((real) => new RegExp(`^Added real server: ${real}`));
  for (const sign of first) await site.logged(sign);
  const lateness: number[] = [];
  for (const { act, sign } of acts) {
    const mark = site.lines().length;
    const from = performance.now();
    await act();
    await site.logged(new RegExp(`^${sign}`), mark);
    lateness.push(performance.now() - from);
  }

  const told = spawnSync(
    process.execPath,
    [ctl, "simulate", "--json", site.cf, site.path("script.txt")],
    { encoding: "utf8", timeout: 60_000 },
  );
  expect(told.stderr).toBe("");
  expect(told.status).toBe(0);
  const story = JSON.parse(told.stdout) as Story;
  expect(story.timeline.map(({ text }) => text).filter(isRow)).toEqual(site.lines().filter(isRow));
  for (const [nth, { sign }] of acts.entries()) {
    const from = 20_000 * (nth + 1);
    const at = story.timeline.find((it) => it.at >= from && it.text.startsWith(sign))?.at ?? 0;
    expect(at - from).toBeLessThanOrEqual(2 * intervalMs);
    expect(Math.abs(at - from - (lateness[nth] ?? 0))).toBeLessThanOrEqual(intervalMs + slackMs);
  }
}, 90_000);
