import { existsSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
  site.writeRecorder("callback");
});
afterEach(() => site.close());

const file = (weight: number, globals = "") => `logfile="${site.logFile}"
${globals}
virtual=127.0.0.1:8099
        real=127.0.0.1:9 masq ${weight}
        checktype=on
`;
const restored = (weight: number) =>
  `Restored real server: 127.0.0.1:9 (127.0.0.1:8099) (Weight set to ${weight})`;
const added = "Added real server: 127.0.0.1:9 (127.0.0.1:8099) (Weight set to 1)";

async function startWith(text: string): Promise<number> {
  site.write("web.cf", text);
  const pid = await site.start();
  await site.logged(added);
  return pid;
}

test("HUP: the new file takes effect, and what did not change is not touched", async () => {
  const pid = await startWith(file(1));
  site.write(
    "web.cf",
    `${file(2)}\nvirtual=127.0.0.1:8098\n        real=127.0.0.1:9 masq 1\n        checktype=on\n`,
  );
  const mark = site.lines().length;
  process.kill(pid, "SIGHUP");
  const lines = await site.logged(
    "Added real server: 127.0.0.1:9 (127.0.0.1:8098) (Weight set to 1)",
    mark,
  );
  expect(lines).toContain(restored(2));
  expect(lines).toContain("Added virtual server: 127.0.0.1:8098");

  site.write("web.cf", file(2));
  process.kill(pid, "SIGHUP");
  await site.logged("Purged virtual server (start): 127.0.0.1:8098", mark);
});

test("HUP with a broken file: told, with the place; the old one runs on and the next good one heals", async () => {
  const pid = await startWith(file(1));
  site.write("web.cf", `${file(2)}nonsense\n`);
  process.kill(pid, "SIGHUP");
  const lines = await site.logged(/^Reload of .*web\.cf failed/);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Error \[\d+\] reading file .*web\.cf at line 6: Unknown command/),
      expect.stringMatching(/web\.cf:6:1: /),
    ]),
  );
  expect(lines).not.toContain(restored(2));
  expect(isAlive(pid)).toBe(true);

  site.write("web.cf", file(3));
  process.kill(pid, "SIGHUP");
  await site.logged(restored(3));
});

test("a new logfile is used from the reload on", async () => {
  const pid = await startWith(file(1));
  const other = site.path("other.log");
  site.write("web.cf", file(2).replace(site.logFile, other));
  process.kill(pid, "SIGHUP");
  await expect.poll(() => site.read("other.log"), { timeout: 10_000 }).toContain(restored(2));
});

const edits: [how: string, write: (text: string) => void][] = [
  ["in place", (text) => writeFileSync(site.cf, text)],
  [
    "by an atomic rename",
    (text) => {
      writeFileSync(`${site.cf}.new`, text);
      renameSync(`${site.cf}.new`, site.cf);
    },
  ],
  [
    "by a link that points elsewhere",
    (text) => {
      writeFileSync(site.path("target.cf"), text);
      unlinkSync(site.cf);
      symlinkSync(site.path("target.cf"), site.cf);
    },
  ],
];

test.for(edits)(
  "autoreload sees an edit %s, and tells the callback afterwards",
  async ([, write]) => {
    const globals = () => `autoreload=yes\ncallback="${site.path("callback")}"`;
    await startWith(file(1, globals()));
    write(file(2, globals()));
    const lines = await site.logged(restored(2));
    expect(lines).toContain(`Configuration file '${site.cf}' has changed on disk`);
    expect(lines).toContain(" - reread new configuration");
    await expect.poll(() => site.read("callback.calls"), { timeout: 10_000 }).toBe(`${site.cf}\n`);
  },
);

test("a bad edit is told once, changes nothing, and is not passed on; the next good one is", async () => {
  const globals = `autoreload=yes\ncallback="${site.path("callback")}"`;
  const pid = await startWith(file(1, globals));
  site.write("web.cf", `${file(2, globals)}nonsense\n`);
  await site.logged(/^Reload of .*web\.cf failed/);
  process.kill(pid, "SIGUSR1");
  const mark = site.lines().length;
  site.write("web.cf", file(3, globals));
  await site.logged(restored(3), mark);
  expect(site.lines().filter((line) => line.startsWith("Error ["))).toHaveLength(1);
  expect(site.lines()).not.toContain(restored(2));
  await expect.poll(() => site.read("callback.calls"), { timeout: 10_000 }).toBe(`${site.cf}\n`);
});

test("without autoreload a change is noticed, not read, and the callback is told", async () => {
  const globals = `callback="${site.path("callback")}"`;
  await startWith(file(1, globals));
  site.write("web.cf", file(2, globals));
  const lines = await site.logged(" - ignore new configuration");
  expect(lines).not.toContain(restored(2));
  await expect.poll(() => site.read("callback.calls"), { timeout: 10_000 }).toBe(`${site.cf}\n`);
});

test("a configuration given by a relative name can be read again", async () => {
  site.write("web.cf", file(1));
  expect(await site.run("web.cf", "start")).toMatchObject({ code: 0 });
  site.write("web.cf", file(2));
  expect(await site.run("web.cf", "reload")).toMatchObject({ code: 0 });
  await site.logged(restored(2));
  expect(existsSync(site.pidFile)).toBe(true);
});
