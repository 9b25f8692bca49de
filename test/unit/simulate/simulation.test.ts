import { expect, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { noFileFacts } from "../../../src/config/build/file-facts.ts";
import { noLookups } from "../../../src/config/names/stand-in-resolver.ts";
import { prepare, type Ready } from "../../../src/daemon/prepare.ts";
import { clockText } from "../../../src/simulate/duration.ts";
import { parseScript } from "../../../src/simulate/script.ts";
import { type Story, simulate } from "../../../src/simulate/simulation.ts";

const checks = await loadChecks();

async function ready(text: string): Promise<Ready> {
  const prepared = await prepare("/web.cf", checks, {
    resolver: noLookups(),
    inspectFiles: async () => noFileFacts,
    readFile: async (path) => {
      if (path === "/web.cf") return Buffer.from(text);
      throw Object.assign(new Error("none"), { code: "ENOENT" });
    },
  });
  if (!prepared.ok) throw new Error(prepared.problems.map((it) => it.text).join("\n"));
  return prepared;
}

const web = (globals: string, ...lines: readonly string[]) =>
  [globals, "virtual=10.0.0.1:80", ...lines.map((line) => `\t${line}`), ""].join("\n");
const two = ["real=10.0.0.3:80 masq 5", "real=10.0.0.4:80 masq 5"] as const;

async function tell(
  text: string,
  lines: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Story> {
  const script = parseScript(lines.join("\n"));
  if (!script.ok) throw new Error(JSON.stringify(script.error));
  const read = await Promise.all(
    Object.entries(files).map(async ([name, each]) => [name, await ready(each)] as const),
  );
  return simulate(await ready(text), script.value, new Map(read));
}
/** From the first line of the script on. */
const lines = ({ timeline }: Story) =>
  timeline
    .slice(timeline.findIndex(({ what }) => what === "script"))
    .map(({ at, text }) => `${clockText(at)} ${text}`);

test("a server fails as often as failurecount says, goes, and the fallback server and its command come", async () => {
  const text = web(
    "checkinterval=10\ncheckcount=1\nfailurecount=2",
    "real=10.0.0.3:80 masq 5",
    "fallback=127.0.0.1:80",
    "fallbackcommand=/bin/say",
  );
  const story = await tell(text, ["at 20s 10.0.0.3 down", "at 50s 10.0.0.3 up", "until 2m"]);
  expect(lines(story).map((line) => line.replace(/^00:\d\d\.\d /, ""))).toEqual([
    "10.0.0.3 down",
    "Soft failure real server: 10.0.0.3:80 (tcp:10.0.0.1:80) failure 1/2",
    "10.0.0.3:80 (10.0.0.1:80) down: refused",
    "Added fallback server: 127.0.0.1:80 (10.0.0.1:80) (Weight set to 1)",
    "Deleted real server: 10.0.0.3:80 (10.0.0.1:80)",
    "would run: /bin/say start 10.0.0.1:80 tcp",
    "Service down: 10.0.0.1:80 has no real server that can be used",
    "10.0.0.3 up",
    "Resetting soft failure count: 10.0.0.3:80 (tcp:10.0.0.1:80)",
    "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
    "Deleted fallback server: 127.0.0.1:80 (10.0.0.1:80)",
    "would run: /bin/say stop 10.0.0.1:80 tcp",
    "Service up: 10.0.0.1:80 has a real server again",
  ]);
  const [soft, hard] = story.timeline.filter(({ what }) =>
    /^(soft-failure|real-failed)$/.test(what),
  );
  expect((hard?.at ?? 0) - (soft?.at ?? 0)).toBe(10_000);
  expect(story.outages).toEqual([]);
});

test("a service with nobody is told, with its length", async () => {
  const text = web("checkinterval=2", ...two, "quiescent=yes");
  const story = await tell(text, [
    "at 10s 10.0.0.3 down",
    "10.0.0.4 down unreachable",
    "at 20s 10.0.0.3 up",
    "until 1m",
  ]);
  const [outage, ...more] = story.outages;
  expect(more).toEqual([]);
  expect(outage?.virtual).toBe("tcp:10.0.0.1:80");
  const { from = 0, to = 0 } = outage ?? {};
  expect(from).toBeGreaterThanOrEqual(10_000);
  expect(from).toBeLessThanOrEqual(12_000);
  expect(to).toBeGreaterThanOrEqual(20_000);
  expect(to).toBeLessThanOrEqual(22_000);
  expect(story.table[0]?.dests.map(({ weight }) => weight)).toEqual([0, 5]);
});

test("a silence takes its timeout; what is slower than that is one, what is faster is not", async () => {
  const text = web("checkinterval=10\nnegotiatetimeout=4", ...two);
  const story = await tell(text, [
    "at 20s 10.0.0.3 down timeout",
    "10.0.0.4 slow 3s",
    "at 40s 10.0.0.4 slow 5s",
    "until 1m",
  ]);
  const failed = story.timeline.filter(({ what }) => what === "real-failed");
  expect(failed.map(({ text: said }) => said)).toEqual([
    "10.0.0.3:80 (10.0.0.1:80) down: timeout",
    "10.0.0.4:80 (10.0.0.1:80) down: timeout",
  ]);
  expect(failed[0]?.at).toBeGreaterThanOrEqual(24_000);
  expect(failed[1]?.at).toBeGreaterThanOrEqual(44_000);
});

test("with checktype=N a connect finds a closed port, and only the negotiate a wrong answer", async () => {
  const text = web("checkinterval=1", two[0], "checktype=4");
  const story = await tell(text, ["at 10s 10.0.0.3 down status", "until 30s"]);
  const at = story.timeline.find(({ what }) => what === "real-failed")?.at ?? 0;
  expect(at).toBeGreaterThan(10_000);
  expect(at).toBeLessThanOrEqual(16_000);
  const closed = await tell(text, ["at 10s 10.0.0.3 down refused", "until 30s"]);
  const soon = closed.timeline.find(({ what }) => what === "real-failed")?.at ?? 0;
  expect(soon).toBeLessThanOrEqual(11_000);
});

test("maintenance takes out at once, and who leaves it is asked at once", async () => {
  const story = await tell(web("checkinterval=10", ...two), [
    "at 20s maintenance 10.0.0.3:80 on",
    "at 33s maintenance 10.0.0.3:80 off",
    "until 1m",
  ]);
  expect(lines(story)).toEqual([
    "00:20.0 maintenance 10.0.0.3:80 on",
    "00:20.0 Maintenance: 10.0.0.3:80 (10.0.0.1:80) by simulated",
    "00:20.0 Deleted real server: 10.0.0.3:80 (10.0.0.1:80)",
    "00:33.0 maintenance 10.0.0.3:80 off",
    "00:33.0 Maintenance over: 10.0.0.3:80 (10.0.0.1:80)",
    "00:33.0 Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)",
  ]);
});

test("a reload keeps who was there until a new one is up, as the daemon does", async () => {
  const next = web("checkinterval=10", "real=10.0.0.5:80 masq 7");
  const story = await tell(web("checkinterval=10", ...two), ["at 20s reload next.cf", "until 1m"], {
    "next.cf": next,
  });
  expect(lines(story).map((line) => line.slice(8))).toEqual([
    "reload next.cf",
    "Added real server: 10.0.0.5:80 (10.0.0.1:80) (Weight set to 7)",
    "Purged real server (start): 10.0.0.4:80 (10.0.0.1:80)",
    "Purged real server (start): 10.0.0.3:80 (10.0.0.1:80)",
  ]);
  expect(story.outages).toEqual([]);
});

test("who would be mailed is told, and told again at the pace of emailalertfreq", async () => {
  const text = web(
    'checkinterval=10\nemailalert="a@example.org"\nemailalertfreq=20\nemailalertstatus=running',
    ...two,
  );
  const story = await tell(text, ["at 20s 10.0.0.3 down", "until 80s"]);
  expect(
    story.timeline.filter(({ what }) => what === "would-mail").map(({ text: it }) => it),
  ).toEqual([
    "would mail a@example.org: Deleted real server: 10.0.0.3:80 (10.0.0.1:80)",
    ...Array(2).fill(
      "would mail a@example.org: Inaccessible real server: 10.0.0.3:80 (10.0.0.1:80)",
    ),
  ]);
});

test("an hour with 40 servers is told in a second of one core, the same each time", async () => {
  const reals = Array.from({ length: 40 }, (_, nth) => `real=10.0.1.${nth + 1}:80 masq 5`);
  const script = Array.from({ length: 59 }, (_, minute) => [
    `at ${minute + 1}m 10.0.1.${(minute % 40) + 1} down`,
    `at ${minute + 1}m30s 10.0.1.${(minute % 40) + 1} up`,
  ]).flat();
  const first = process.cpuUsage();
  const story = await tell(web("checkinterval=10", ...reals), [...script, "until 1h"]);
  const { user, system } = process.cpuUsage(first);
  expect(story.checks).toBeGreaterThan(14_000);
  expect(story.timeline.filter(({ what }) => what === "real-failed")).toHaveLength(59);
  expect(user + system).toBeLessThan(1_500_000);
  expect(await tell(web("checkinterval=10", ...reals), [...script, "until 1h"])).toEqual(story);
});
