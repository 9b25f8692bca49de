import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { spread } from "../../lab/client.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";
import { attempt, succeed } from "./attempt.ts";
import { begin, systemctl } from "./packages.ts";
import { both, config, configFile, rs1, rs2, Site, service, url } from "./site.ts";

let site: Site;
beforeAll(async () => {
  await begin("ours");
  site = await Site.open();
});
afterAll(async () => {
  await systemctl("stop");
  await site.close();
});

/** @throws Error when nothing runs: nobody may be sent a signal by the name 0 */
async function mainPid(): Promise<number> {
  const pid = Number((await systemctl("show", "--property=MainPID", "--value")).out);
  if (pid === 0) throw new Error("ldirectord.service has no process");
  return pid;
}

const untilActive = (wanted: string): Promise<unknown> =>
  until(
    () => systemctl("is-active"),
    ({ out }) => out.trim() === wanted,
    `ldirectord.service is ${wanted}`,
  );

test("start", async () => {
  expect(await systemctl("start")).toMatchObject({ code: 0, err: "" });
  await site.untilServers(both);
  expect(await site.client.spread(url, 10)).toEqual({ "This is rs1": 5, "This is rs2": 5 });
  const pid = Number(await readFile("/run/ldirectord.ldirectord.pid", "latin1"));
  expect(await mainPid()).toBe(pid);
});

test("status", async () => {
  const { code, out } = await systemctl("status", "--no-pager", "--full");
  say(out);
  expect(code).toBe(0);
  expect(out).toMatch(/Active: active \(running\)/);
  const asked = await attempt("/usr/sbin/ldirectord", "status");
  expect(asked).toMatchObject({ code: 0, out: "" });
  expect(asked.err).toBe(`ldirectord for ${configFile} is running with pid: ${await mainPid()}\n`);
});

test("ldirectorctl: root and the group may ask, nobody else", async () => {
  const ctl = ["/usr/sbin/ldirectorctl", "status"] as const;
  const as = (groups: string) =>
    attempt("setpriv", "--reuid=nobody", "--regid=nogroup", groups, "--", ...ctl);
  expect(await attempt(...ctl)).toMatchObject({ code: 0, err: "" });
  expect(await as("--groups=ldirectord")).toMatchObject({ code: 0, err: "" });
  const refused = await as("--clear-groups");
  expect(refused).toMatchObject({ code: 3, out: "" });
  expect(refused.err).toContain("is for root and the group ldirectord");
});

test("an order outlives a restart of the service", async () => {
  const ctl = (...words: string[]) => attempt("/usr/sbin/ldirectorctl", ...words);
  expect(await ctl("drain", rs2, "--deadline", "1h")).toMatchObject({ code: 0, err: "" });
  await site.untilServers({ [rs1]: "Masq 1", [rs2]: "Masq 0" });
  expect(await systemctl("restart")).toMatchObject({ code: 0, err: "" });
  expect((await ctl("explain", rs2)).out).toContain("root drains it");
  expect((await site.table())[service]?.servers[rs2]).toBe("Masq 0");
  expect(await ctl("undrain", rs2)).toMatchObject({ code: 0, err: "" });
  await site.untilServers(both);
});

test("reload takes up the file, in the same process", async () => {
  const pid = await mainPid();
  await writeFile(configFile, config().replace("10.0.0.12:8080 masq", "10.0.0.12:8080 masq 5"));
  expect(await systemctl("reload")).toMatchObject({ code: 0 });
  await site.untilServers({ [rs1]: "Masq 1", [rs2]: "Masq 5" });
  expect(await mainPid()).toBe(pid);
  expect((await systemctl("is-active")).out).toBe("active\n");
});

test("reload of a broken file fails, and what ran runs on", async () => {
  const pid = await mainPid();
  const before = await site.table();
  await writeFile(configFile, `${config()}\tcheckintervall=3\n`);
  expect((await systemctl("reload")).code).not.toBe(0);
  expect((await systemctl("is-active")).out).toBe("active\n");
  expect(await mainPid()).toBe(pid);
  expect(await site.table()).toEqual(before);
  await writeFile(configFile, config());
  expect(await systemctl("reload")).toMatchObject({ code: 0 });
  await site.untilServers(both);
});

/** What `signal` does to the process is mended by systemd, no request fails meanwhile, and it watches again. */
async function expectReplaced(replace: (pid: number) => unknown): Promise<void> {
  const pid = await mainPid();
  await site.client.startLoad(url, 100);
  await replace(pid);
  await until(
    () => mainPid().catch(() => pid),
    (now) => now !== pid,
    "another process",
  );
  await untilActive("active");
  expect(Object.keys(spread(await site.client.stopLoad())).sort()).toEqual([
    "This is rs1",
    "This is rs2",
  ]);
  await site.rs1.kill();
  await site.untilServers({ [rs2]: "Masq 1" });
  await site.rs1.restart();
  await site.untilServers(both);
}

test("one that is killed comes back by itself, and no request fails meanwhile", () =>
  expectReplaced((pid) => process.kill(pid, "SIGKILL")));

test("the watchdog replaces one that stands still, and no request fails meanwhile", async () => {
  const shown = await systemctl("show", "--property=WatchdogUSec", "--value");
  expect(shown.out).toBe("1min\n");
  // As long as the unit has it, nobody wants to wait.
  const folder = "/run/systemd/system/ldirectord.service.d";
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/watchdog.conf`, "[Service]\nWatchdogSec=10\n");
  onTestFinished(async () => {
    await rm(`${folder}/watchdog.conf`);
    await succeed("systemctl", "daemon-reload");
    await succeed("systemctl", "restart", "ldirectord");
    await site.untilServers(both);
  });
  await succeed("systemctl", "daemon-reload");
  await succeed("systemctl", "restart", "ldirectord");
  await site.untilServers(both);
  await expectReplaced((pid) => process.kill(pid, "SIGSTOP"));
  const journal = await succeed("journalctl", "--unit=ldirectord", "--output=cat", "--lines=50");
  expect(journal).toMatch(/Watchdog timeout/);
});

test("it is a user of its own, who may change the table and ping, and little else", async () => {
  const pid = await mainPid();
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  const uid = (await succeed("id", "--user", "ldirectord")).trim();
  expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, "m"));
  // CAP_NET_ADMIN and CAP_NET_RAW (linux/capability.h: bits 12 and 13).
  for (const set of ["CapEff", "CapPrm", "CapBnd"]) {
    expect(status).toMatch(new RegExp(`^${set}:\\t0000000000003000$`, "m"));
  }
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(status).toMatch(/^Seccomp:\t2$/m); // a filter
  const inside = (...words: readonly string[]) =>
    attempt("nsenter", `--target=${pid}`, "--mount", ...words);
  // Not even root could, where it stands.
  for (const file of ["/usr/sbin/x", "/etc/ha.d/x"]) {
    expect((await inside("touch", file)).err).toContain("Read-only file system");
  }
  expect((await inside("ls", "-A", "/tmp", "/home", "/root")).out).toBe(
    "/home:\n\n/root:\n\n/tmp:\n",
  );
  say((await attempt("systemd-analyze", "security", "--no-pager", "ldirectord")).out);
});

test("restart: one daemon for another, and no request fails meanwhile", () =>
  expectReplaced(async () => {
    expect(await systemctl("restart")).toMatchObject({ code: 0 });
  }));

test("stop cleans the table and leaves nothing behind", async () => {
  expect(await systemctl("stop")).toMatchObject({ code: 0 });
  expect(await site.table()).toEqual({});
  expect((await systemctl("is-active")).out).toBe("inactive\n");
  expect((await systemctl("status")).code).toBe(3);
  expect((await attempt("/usr/sbin/ldirectord", "status")).code).toBe(3);
  expect((await attempt("pgrep", "-f", "/usr/sbin/ldirectord")).out).toBe("");
});

test("start with a broken file fails, and the journal names the line", async () => {
  await writeFile(configFile, `${config()}\tcheckintervall=3\n`);
  expect((await systemctl("start")).code).not.toBe(0);
  const { out } = await attempt("journalctl", "--unit=ldirectord", "--output=cat", "--lines=30");
  expect(out).toMatch(/ldirectord\.cf at line 15: .*checkintervall/);
  await systemctl("stop");
  await systemctl("reset-failed");
  await writeFile(configFile, config());
});
