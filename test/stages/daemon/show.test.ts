import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type TestContext, test, vi } from "vitest";

const start = fileURLToPath(new URL("../../../examples/demo/start.mjs", import.meta.url));

/** `npm start` in a pipe, with little time to look. */
function show({ expect, onTestFinished }: Pick<TestContext, "expect" | "onTestFinished">) {
  const child: ChildProcess = spawn(process.execPath, [start], {
    env: { ...process.env, LDIRECTORD_NG_DEMO_PACE: "0.02", LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const said = { out: "", err: "" };
  child.stdout?.on("data", (data) => {
    said.out += data;
  });
  child.stderr?.on("data", (data) => {
    said.err += data;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const seen = (text: string) =>
    vi.waitFor(() => expect(said.out).toContain(text), { timeout: 45_000, interval: 50 });
  return { child, said, seen, ended };
}

/** Daemons whose file is this one. */
const daemonsOf = (path: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
    } catch {
      return false;
    }
  });

test.concurrent("npm start shows all five scenes, fails no request by its own doing, and cleans up", async ({
  expect,
  onTestFinished,
}) => {
  const { child, said, seen, ended } = show({ expect, onTestFinished });
  await seen("That was all of it");
  const [, path = "none"] = /runs (\S+)/.exec(said.out) ?? [];
  expect(daemonsOf(path)).toHaveLength(1);
  child.kill("SIGINT");
  expect(await ended).toBe(0);
  expect(daemonsOf(path)).toEqual([]);
  expect(said.err).toBe("");
  expect(said.out).not.toContain("\x1b");

  const [, ...scenes] = said.out.split(/^>> (?=\d\/5)/m);
  const scene = (number: number) =>
    scenes.filter((text) => text.startsWith(`${number}/5`)).join("");
  // A dead server: three intervals go by for it, and the others have had a good check in each.
  const beats = [...scene(1).matchAll(/127\.\d+\.0\.([13]):18080 +masq 1 +up +(\S+)/g)];
  const silent = [...scene(1).matchAll(/127\.\d+\.0\.2:18080 +no row +down +(\S+)/g)];
  expect(silent.map(([, marks]) => marks).join(" ")).toMatch(/\+\.*x/);
  expect(beats.length).toBeGreaterThan(0);
  for (const [, , marks] of beats) expect(marks).toMatch(/^[+.]*\+[+.]*$/);
  expect(scene(1)).toMatch(/Check failed: \S+\.2:18080 .* timeout: no answer within 2 s/);
  expect(scene(1)).toMatch(/Requests since web2 is out: \d+, 0 failed/);
  // A broken edit.
  expect(scene(2)).toContain(
    'web.cf:2:1: checkintervall: no such directive outside a virtual service; did you mean "checkinterval"?',
  );
  expect(scene(2)).not.toMatch(/(Added|Deleted|Quiescent|Restored|Changed)/);
  expect(scene(2)).toMatch(/Requests since the edit: \d+, 0 failed/);
  // A restart.
  const pids = [...said.out.matchAll(/Starting Linux Director \S+ with pid: (\d+)/g)];
  expect(new Set(pids.map(([, pid]) => pid)).size).toBe(2);
  expect(scene(3)).toContain("terminated on signal: USR2");
  expect(scene(3)).not.toMatch(/(Added|Deleted|Purged|Quiescent|Restored|Changed)/);
  expect(scene(3)).toMatch(/Requests since right before the restart: \d+, 0 failed/);
  // Our own trouble.
  expect(scene(4)).toContain("Local trouble, no real server is blamed for it: EMFILE");
  expect(scene(4)).toContain("Local trouble is over: EMFILE");
  expect(scene(4)).not.toMatch(/(Check failed|Deleted|Quiescent|down)/);
  expect(scene(4)).toMatch(/Requests since our trouble began: \d+, 0 failed/);
  // The sorry server.
  expect(scene(5)).toContain("Added fallback server");
  expect(scene(5)).toMatch(/Requests since the sorry server serves: \d+, 0 failed/);
  expect(scene(5)).toContain("Deleted fallback server");
  // The end: a clean table.
  expect(scene(5)).toMatch(/Purged virtual server \(stop\): 127\.\d+\.0\.100:18080/);
});

test.concurrent("npm start | head ends in silence, and leaves nothing behind", async ({
  expect,
  onTestFinished,
}) => {
  const { child, said, seen, ended } = show({ expect, onTestFinished });
  await seen(">> ");
  const [, path = "none"] = /runs (\S+)/.exec(said.out) ?? [];
  child.stdout?.destroy();
  expect(await ended).toBe(0);
  expect(said.err).toBe("");
  expect(daemonsOf(path)).toEqual([]);
});
