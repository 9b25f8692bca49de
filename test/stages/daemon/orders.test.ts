/** What operators order outlives the daemon: its control socket and its file of orders, as the built program has them. */
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Snapshot } from "../../../src/status/snapshot.ts";
import { isAlive, Site } from "./site.ts";

let site: Site;
const others: Site[] = [];
beforeEach(() => {
  site = newSite();
});
afterEach(() => Promise.all([site, ...others.splice(0)].map((each) => each.close())));

/** @param socket in place of the usual one */
function newSite(socket?: string): Site {
  const it = new Site();
  const control = `[control]\nstate=${it.path("state")}\n`;
  it.write(
    "ldirectord-ng.ini",
    `${it.read("ldirectord-ng.ini")}${control}${socket === undefined ? "" : `socket=${socket}\n`}`,
  );
  it.write(
    "web.cf",
    `logfile="${it.logFile}"
virtual=127.0.0.1:8099
        real=127.0.0.2:9 masq 5
        real=127.0.0.3:9 masq 6
        real=127.0.0.4:9 masq 7
        checktype=on
`,
  );
  return it;
}

const socketOf = (it: Site): string => it.path("ldirectord/web.cf.sock");
const stateFile = (): string => site.path("state/web.cf.json");

/** Its name is in the table of processes no more. */
async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
}

/** `127.0.0.2:9 drained 0` for every real server. */
async function servers(): Promise<readonly string[]> {
  const { stdout } = await site.ctl("status", "--json");
  const { services } = JSON.parse(stdout) as Snapshot;
  return services.flatMap((service) =>
    service.servers.map(({ server, state, weight }) => `${server} ${state} ${weight ?? "-"}`),
  );
}

/** As ldirectorctl does it, without the time that a program takes to start and to end. */
const order = (path: string, body: object): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: socketOf(site), path, method: "POST" }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    asked.once("error", reject).end(JSON.stringify(body));
  });

test("orders survive a kill, with who gave them and why; a weight until the next start does not", async () => {
  const pid = await site.start();
  const hasGroup = /^ldirectord:/m.test(readFileSync("/etc/group", "utf8"));
  expect(statSync(socketOf(site)).mode & 0o777).toBe(hasGroup ? 0o660 : 0o600);
  const ordered = [
    ["drain", "127.0.0.2", "--deadline", "1h", "--reason", "new disk"],
    ["maintenance", "127.0.0.3", "on"],
    ["weight", "127.0.0.4", "9", "--for", "1h"],
  ];
  for (const args of ordered)
    expect(await site.ctl(...args)).toMatchObject({ code: 0, stderr: "" });
  const before = await servers();
  expect(before).toEqual([
    "127.0.0.2:9 drained 0",
    "127.0.0.3:9 maintenance -",
    "127.0.0.4:9 up 9",
  ]);
  await kill(pid);
  // It left its socket, too, which is in nobody's way.
  expect(existsSync(socketOf(site))).toBe(true);
  expect(await site.ctl("status")).toMatchObject({ code: 3, stdout: "" });
  const mark = site.lines().length;

  await site.start();
  expect(await servers()).toEqual(before);
  await site.logged(/drain of 127\.0\.0\.2 by .*: new disk/, mark);
  expect((await site.ctl("explain", "127.0.0.2")).stdout).toContain("(new disk)");

  await site.ctl("weight", "--reset");
  await site.ctl("weight", "127.0.0.4", "3");
  expect(await servers()).toContain("127.0.0.4:9 up 3");
  expect(await site.run(site.cf, "restart")).toMatchObject({ code: 0 });
  expect(await servers()).toEqual([...before.slice(0, 2), "127.0.0.4:9 up 7"]);

  await site.ctl("undrain", "--all");
  await site.ctl("maintenance", "127.0.0.3", "off");
  expect(existsSync(stateFile())).toBe(false);
  await site.run(site.cf, "stop");
  expect(existsSync(socketOf(site))).toBe(false);
});

test("a drain whose deadline passes while the daemon is down is over at the next start, and the server stays out", async () => {
  const pid = await site.start();
  expect(await order("/v1/drain", { what: "127.0.0.2", deadlineSec: 2 })).toBe(200);
  await kill(pid);
  const { deadline } = JSON.parse(readFileSync(stateFile(), "utf8")).orders[0];
  // It is the wall clock that it waits for.
  await vi.waitUntil(() => Date.now() > deadline, { timeout: 10_000 });
  const mark = site.lines().length;
  await site.start();
  expect(await servers()).toContain("127.0.0.2:9 drained 0");
  await site.logged(/127\.0\.0\.2.*deadline/, mark);
  const { stdout } = await site.ctl("status", "--json");
  expect((JSON.parse(stdout) as Snapshot).orders).toMatchObject([
    { kind: "drain", ended: { cause: "deadline" } },
  ]);
  expect(await servers()).toContain("127.0.0.2:9 drained 0");
});

test("a torn file of orders is told, set aside, and obeyed in nothing", async () => {
  await site.start();
  await site.ctl("drain", "127.0.0.2", "--deadline", "1h");
  await site.run(site.cf, "stop");
  const torn = readFileSync(stateFile(), "utf8").slice(0, -20);
  site.write("state/web.cf.json", torn);
  const mark = site.lines().length;
  await site.start();
  await site.logged(/web\.cf\.json\.set-aside/, mark);
  expect(await servers()).toContain("127.0.0.2:9 up 5");
  expect(site.read("state/web.cf.json.set-aside")).toBe(torn);
});

test("a place for orders that can not be used is told, and keeps nobody from ordering", async () => {
  site.write("state", "a file in the way");
  await site.start();
  await site.logged(/state\/web\.cf\.json/);
  const { code, stderr } = await site.ctl("drain", "127.0.0.2", "--deadline", "1h");
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^it holds, but would not survive a restart: /),
  });
  expect(await servers()).toContain("127.0.0.2:9 drained 0");
});

test("of two daemons with one socket the second says that it has none, and does its work", async () => {
  await site.start();
  const second = newSite(socketOf(site));
  others.push(second);
  mkdirSync(second.path("state"));
  await second.start();
  await second.logged(/another process listens on it/);
  await second.logged(/^Added real server: 127\.0\.0\.2:9 /);
  expect(await site.ctl("status")).toMatchObject({ code: 0 });
  // Its end takes nothing away from the first one.
  await second.run(second.cf, "stop");
  expect(await site.ctl("status")).toMatchObject({ code: 0 });
});
