import { readFile, readlink, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, spread } from "../../lab/client.ts";
import { say } from "../../lab/say.ts";
import { succeed } from "./attempt.ts";
import {
  begin,
  install,
  isInstalled,
  purge,
  remove,
  systemctl,
  tryInstall,
  upgrade,
  type Which,
} from "./packages.ts";
import { both, config, configFile, rs2, Site, url } from "./site.ts";

const pidFile = "/run/ldirectord.ldirectord.pid";
const wantedRequests = 2000;

let site: Site;
beforeAll(async () => {
  await begin("original");
  site = await Site.open();
});
afterAll(async () => {
  await systemctl("stop");
  await site.close();
});

const pid = async () => (await readFile(pidFile, "latin1")).trim();

/** Whose process the pid file names. */
async function whoRuns(): Promise<Which> {
  const program = await readlink(`/proc/${await pid()}/exe`);
  return program.includes("perl") ? "original" : "ours";
}

/** What a client got while `change` went on, and for long enough after. */
async function during(change: () => Promise<void>): Promise<readonly Answer[]> {
  const everyMs = 25;
  await site.client.startLoad(url, everyMs);
  await change();
  const answers = await site.client.stopLoad();
  const rest = Math.max(0, wantedRequests - answers.length);
  return [...answers, ...(await site.client.get(url, rest))];
}

/** It is not there for show: it takes out who fails, and back who returns. */
async function watches(): Promise<void> {
  await site.rs1.kill();
  await site.untilServers({ [rs2]: "Masq 1" });
  await site.rs1.restart();
  await site.untilServers(both);
}

function expectNoFailure(answers: readonly Answer[]): void {
  const counts = spread(answers);
  say(`${answers.length} requests: ${JSON.stringify(counts)}`);
  expect(answers.length).toBeGreaterThanOrEqual(wantedRequests);
  expect(Object.keys(counts).sort()).toEqual(["This is rs1", "This is rs2"]);
}

test("the original runs", async () => {
  await succeed("systemctl", "start", "ldirectord");
  await site.untilServers(both);
  expect(await whoRuns()).toBe("original");
});

test("ours installed over the running original: no request fails", async () => {
  const answers = await during(async () => {
    say(await install("ours"));
    expect(await whoRuns()).toBe("ours");
    expect((await systemctl("is-active")).out).toBe("active\n");
    expect((await site.table())["TCP 192.168.10.101:80"]?.servers).toEqual(both);
  });
  expectNoFailure(answers);
  expect(await isInstalled("original")).toBe(false);
  await watches();
});

test("ours upgraded while it runs: no request fails", async () => {
  const before = await pid();
  const answers = await during(async () => {
    say(await upgrade("ours"));
    expect((await systemctl("is-active")).out).toBe("active\n");
    expect((await site.table())["TCP 192.168.10.101:80"]?.servers).toEqual(both);
  });
  expectNoFailure(answers);
  expect(await whoRuns()).toBe("ours");
  expect(await pid()).not.toBe(before);
  await watches();
});

test("a director that is stopped in between does lose requests: the count would show it", async () => {
  const answers = await during(async () => {
    await succeed("systemctl", "stop", "ldirectord");
    await succeed("systemctl", "start", "ldirectord");
    await site.untilServers(both);
  });
  const { "This is rs1": one = 0, "This is rs2": two = 0 } = spread(answers);
  say(`${answers.length} requests: ${JSON.stringify(spread(answers))}`);
  expect(answers.length - one - two).toBeGreaterThan(0);
  expect(() => expectNoFailure(answers)).toThrow();
});

test("ours purged and the original installed: no request fails", async () => {
  const answers = await during(async () => {
    const file = await readFile(configFile);
    say(await purge("ours"));
    await writeFile(configFile, file);
    expect((await site.table())["TCP 192.168.10.101:80"]?.servers).toEqual(both);
    say(await install("original"));
    expect(await whoRuns()).toBe("original");
    expect((await systemctl("is-active")).out).toBe("active\n");
  });
  expectNoFailure(answers);
  expect(await isInstalled("ours")).toBe(false);
  await watches();
});

test("ours over a running original whose file ours refuses: it goes on, apt fails and says why, no request fails", async () => {
  const before = await pid();
  const answers = await during(async () => {
    // It reads the file no more, for autoreload=no.
    await writeFile(configFile, `${config()}\tcheckintervall=3\n`);
    const { code, out, err } = await tryInstall("ours");
    say(out + err);
    expect(code).not.toBe(0);
    const said = out + err;
    expect(said).toContain("NOTHING WAS TAKEN OVER");
    expect(said).toMatch(/ldirectord\.cf:15:\d+: checkintervall: /);
    expect(said).toContain("dpkg --configure ldirectord-ng");
    expect(await pid()).toBe(before);
    expect(await whoRuns()).toBe("original");
    expect((await systemctl("is-active")).out).toBe("active\n");
    expect((await site.table())["TCP 192.168.10.101:80"]?.servers).toEqual(both);
  });
  expectNoFailure(answers);
  await watches();
});

test("the file mended, dpkg has ours take over: no request fails", async () => {
  const answers = await during(async () => {
    await writeFile(configFile, config());
    say(await succeed("dpkg", "--configure", "ldirectord-ng"));
    expect(await whoRuns()).toBe("ours");
    expect((await site.table())["TCP 192.168.10.101:80"]?.servers).toEqual(both);
  });
  expectNoFailure(answers);
  expect(await isInstalled("ours")).toBe(true);
  await watches();
});

test("ours removed and installed again runs again: no request fails", async () => {
  const answers = await during(async () => {
    say(await remove("ours"));
    expect((await site.table())["TCP 192.168.10.101:80"]?.servers).toEqual(both);
    say(await install("ours"));
    expect((await systemctl("is-active")).out).toBe("active\n");
    expect(await whoRuns()).toBe("ours");
  });
  expectNoFailure(answers);
  await watches();
});
