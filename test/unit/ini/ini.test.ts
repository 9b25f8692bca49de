import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { iniPath } from "../../../src/config/ini-path.ts";
import { loadIni, parseIni } from "../../../src/ini/ini.ts";
import { iniDefaults } from "../../../src/ini/sections.ts";

const folder = mkdtempSync(join(tmpdir(), "ini-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("without the file there are the defaults", async () => {
  expect(await loadIni(join(folder, "none", "web.cf"))).toEqual({ ok: true, value: iniDefaults });
});

test("the file stands beside the configuration", async () => {
  const cf = join(folder, "web.cf");
  expect(iniPath(cf)).toBe(join(folder, "ldirectord-ng.ini"));
  writeFileSync(
    iniPath(cf),
    "; ours\n[table]\nbackend = embedded\nreread-seconds=60\n\n[daemon]\nrundir = /run\nstop-timeout-seconds = 5\nfallbackcommand-at-stop = yes\n[log]\njournal = yes\nformat = json\nlevel = debug\n[checks]\ndemand-tls = mysql, pop\nengine = node\nthreads = 2\n[email]\nsmtp-port = 2525\nprogram = /usr/bin/msmtp\noriginal = no\n[control]\nsocket = /run/web.sock\nstate = /srv/state\n[health]\ndirectory = /run/health\nshare = 50%\n[health-hook]\ncommand = /etc/ha.d/health-hook\ntimeout-seconds = 5\n",
  );
  expect(await loadIni(cf)).toEqual({
    ok: true,
    value: {
      backend: "embedded",
      rereadMs: 60_000,
      rundir: "/run",
      journal: "yes",
      logFormat: "json",
      logLevel: "debug",
      demandTls: { services: ["mysql", "pop"], place: { line: 15, column: 1 } },
      engine: "node",
      threads: 2,
      stopTimeoutMs: 5_000,
      saysStopAtEnd: true,
      sendsOriginalMail: false,
      smtpPort: 2525,
      mailProgram: "/usr/bin/msmtp",
      controlSocket: "/run/web.sock",
      stateDir: "/srv/state",
      healthDir: "/run/health",
      healthShare: 50,
      healthHook: "/etc/ha.d/health-hook",
      healthHookTimeoutMs: 5_000,
    },
  });
});

test("[metrics] has a place, who may come to it, and how much is shown; no token is printed", () => {
  const read = parseIni(
    "[metrics]\nlisten = 10.0.0.1:9160\ntoken = correct-horse-battery\nhost = lb1, lb1.example.com\nservers = no\nmax-servers = 7\n",
  );
  expect(read).toMatchObject({
    ok: true,
    value: {
      metrics: {
        listen: "10.0.0.1:9160",
        hosts: ["lb1", "lb1.example.com"],
        servers: false,
        maxServers: 7,
      },
    },
  });
  expect(JSON.stringify(read)).not.toContain("horse");
  expect(parseIni("[metrics]\nlisten = 10.0.0.1:9160\ntoken-file = /etc/token\n").ok).toBe(true);
  expect(parseIni("[metrics]\nlisten = [::1]:9160\n").ok).toBe(true);
  expect(parseIni("[page]\nlisten = 127.0.0.1:9161\nhost = lb1\n")).toMatchObject({
    value: { page: { listen: "127.0.0.1:9161", hosts: ["lb1"] } },
  });
});

describe("what is wrong is told with its line, all of it", () => {
  test.for<[text: string, line: number, message: string]>([
    ["[tabel]\n", 1, 'no such section; did you mean "table"?'],
    ["[table]\n\n  backnd = kernel\n", 3, 'no such key in [table]; did you mean "backend"?'],
    [
      "[table]\nbackend = kernal\n",
      2,
      '"kernal" is neither kernel nor embedded; did you mean "kernel"?',
    ],
    ["[table]\nreread-seconds = 0\n", 2, '"0" is not a number of seconds from 1 to 3600'],
    ["[table]\nreread-seconds = 5s\n", 2, '"5s" is not a number of seconds from 1 to 3600'],
    ["[daemon]\nrundir = run\n", 2, '"run" is not an absolute path'],
    ["[log]\njournal = true\n", 2, '"true" is neither auto nor yes nor no'],
    ["[log]\nformat = jsn\n", 2, '"jsn" is neither text nor json; did you mean "json"?'],
    ["[log]\nlevel = warnin\n", 2, '"warnin" is no level of the log; did you mean "warning"?'],
    ["[log]\nlevel = 7\n", 2, '"7" is no level of the log; levels are error, warning, info, debug'],
    ["[email]\nsmtp-port = 0\n", 2, '"0" is not a port from 1 to 65535'],
    ["[email]\nprogram = msmtp\n", 2, '"msmtp" is not an absolute path'],
    ["[health]\ndirectory = run\n", 2, '"run" is not an absolute path'],
    ["[health]\nshare = 0%\n", 2, '"0%" is not a share from 1% to 100%; write 50%'],
    ["[health]\nshare = 101%\n", 2, '"101%" is not a share from 1% to 100%; write 50%'],
    ["[health]\nshare = 50\n", 2, '"50" is not a share from 1% to 100%; write 50%'],
    ["[health]\nshar = 50%\n", 2, 'no such key in [health]; did you mean "share"?'],
    ["[health-hook]\ncommand = hook\n", 2, '"hook" is not an absolute path'],
    ["backend = kernel\n", 1, "stands outside every section; begin with [table] or [daemon]"],
    ["[table]\nbackend\n", 2, '"true" is neither kernel nor embedded'],
    [
      "[__proto__]\nx = 1\n",
      1,
      "no such section; sections are table, daemon, log, checks, email, role, sync, timeouts, metrics, page, control, health, health-hook, virtual ADDRESS:PORT, alert NAME",
    ],
  ])("%j", ([text, line, message]) => {
    expect(parseIni(text)).toMatchObject({ ok: false, error: [{ line, message }] });
  });

  test.for<[text: string, line: number, message: string]>([
    [
      "[sync]\nstart = mastr\n",
      2,
      '"mastr" is neither master nor backup nor both nor role nor off; did you',
    ],
    ["[sync]\n start = both\n id = 1\n", 2, '"both" wants an interface; write interface = eth0'],
    [
      "[sync]\nstart = role\ninterface = eth0\n[role]\ninterval-seconds = 2\n",
      2,
      '"role" wants to know the role; write [role] and follow = vip',
    ],
    [
      "[metrics]\nlisten = 9160\n",
      2,
      '"9160" is no place to listen at; write 127.0.0.1:9160, [::1]:9160, or the absolute path of a socket',
    ],
    ["[metrics]\nlisten = 127.0.0.1:65536\n", 2, '"127.0.0.1:65536" is no place to listen at'],
    ["[metrics]\nlisten = ::1:9160\n", 2, '"::1:9160" is no place to listen at'],
    [
      "[metrics]\nlisten = 0.0.0.0:9160\n",
      2,
      '"0.0.0.0:9160" is open to others than this machine, and wants a token; write token-file',
    ],
    ["[metrics]\nlisten = [::]:9160\nservers = no\n", 2, '"[::]:9160" is open to others'],
    ["[page]\nlisten = 0.0.0.0:9161\n", 2, '"0.0.0.0:9161" is open to others'],
    [
      "[page]\nservers = no\n",
      2,
      "no such key in [page]; keys are listen, token, token-file, host",
    ],
    ["[metrics]\ntoken = short\n", 2, "a token has 16 to 256 letters, digits or"],
    ["[metrics]\ntoken-file = token\n", 2, '"token" is not an absolute path'],
    ["[metrics]\nhost = http://lb1\n", 2, '"http://lb1" is no name of a host'],
    ["[metrics]\nservers = maybe\n", 2, '"maybe" is neither yes nor no'],
    ["[metrics]\nmax-servers = 0\n", 2, '"0" is not a number of real servers from 1 to 100000'],
    ["[role]\nfollow = vips\n", 2, '"vips" is nothing to follow; write vip, file /PATH, or'],
    ["[role]\nfollow = file role\n", 2, '"file role" is nothing to follow'],
    ["[role]\nfollow = command\n", 2, '"command" is nothing to follow'],
    ["[role]\ninterval-seconds = 0\n", 2, '"0" is not a number of seconds from 1 to 3600'],
    ["[sync]\ninterface = a name\n", 2, '"a name" is no interface\'s name'],
    ["[sync]\ninterface = abcdefghijklmnop\n", 2, "is no interface's name"],
    ["[sync]\nid = 256\n", 2, '"256" is not an id from 0 to 255'],
    ["[sync]\nmaxlen = 1023\n", 2, '"1023" is not a number of bytes from 1024 to 65487'],
    ["[sync]\ngroup = 10.0.0.1\n", 2, '"10.0.0.1" is not a multicast address'],
    ["[sync]\ngroup = fd00::1\n", 2, '"fd00::1" is not a multicast address'],
    ["[sync]\ngroup = ff02::1%eth0\n", 2, '"ff02::1%eth0" is not a multicast address'],
    ["[sync]\nport = 0\n", 2, '"0" is not a port from 1 to 65535'],
    ["[sync]\nttl = 0\n", 2, '"0" is not a TTL from 1 to 255'],
    ["[timeouts]\ntcp = 0\n", 2, '"0" is not a number of seconds from 1 to 2147483'],
    ["[timeouts]\ntcp-fin = 2147484\n", 2, '"2147484" is not a number of seconds'],
    ["[timeouts]\nudp = 5m\n", 2, '"5m" is not a number of seconds'],
    ["[timeouts]\ntcpfin = 5\n", 2, 'no such key in [timeouts]; did you mean "tcp-fin"?'],
    ["[virtual]\n", 1, '"" is neither an address with a port nor a firewall mark'],
    ["[virtual 10.0.0.1]\n", 1, '"10.0.0.1" is neither an address with a port'],
    ["[virtual www.example.com:80]\n", 1, '"www.example.com:80" is neither an address'],
    ["[virtual 10.0.0.1:70000]\n", 1, '"10.0.0.1:70000" is neither an address'],
    ["[virtual 0]\n", 1, '"0" is neither an address'],
    ["[virtual [10.0.0.1]:80]\n", 1, '"[10.0.0.1]:80" is neither an address'],
    ["[virtual 5]\nservise = http\n", 2, 'no such key in [virtual]; did you mean "service"?'],
    [
      "[virtual [fd00::1]:80]\nservice=http\n[virtual [FD00::0001]:80]\n",
      3,
      "the same virtual service as in line 1",
    ],
    ["[virtuel 5]\nservice = http\n", 1, 'no such section; did you mean "virtual"?'],
  ])("%j", ([text, line, message]) => {
    expect(parseIni(text)).toMatchObject({
      ok: false,
      error: [{ line, message: expect.stringContaining(message) }],
    });
  });

  test("two problems are two diagnostics", () => {
    const read = parseIni("[table]\nbackend = x\nfoo = 1\n");
    expect(read.ok ? [] : read.error.map(({ line }) => line)).toEqual([2, 3]);
  });
});

test.for<[header: string, name: string]>([
  ["[virtual 10.0.0.1:80]", "10.0.0.1:80"],
  // As the ini package writes a name with dots.
  ["[virtual 10\\.0\\.0\\.1:80]", "10.0.0.1:80"],
  ["[virtual [FD00::0001]:443]", "[fd00::1]:443"],
  ["[ virtual   [::ffff:192.0.2.1]:80 ]  ; with [a comment]", "[::ffff:c000:201]:80"],
  ["[virtual 0005]", "5"],
])("%s is for the virtual service that the log calls %s", ([header, name]) => {
  const read = parseIni(
    `[table]\nreread-seconds = 9\n${header}\n  service = redis ; ours\n[log]\n`,
  );
  expect(read.ok && read.value).toMatchObject({ rereadMs: 9_000 });
  expect(read.ok && read.value.virtuals).toEqual([
    {
      name,
      place: { line: 3, column: 1 },
      service: { word: "redis", place: { line: 4, column: 3 } },
    },
  ]);
});

test("the kernel's own settings are read, each part by itself", () => {
  const text = [
    ...["[sync]", "start = both", "interface = eth1", "id = 255", "maxlen = 65487"],
    ...["group = FF02::0081", "port = 8850", "ttl = 2"],
    ...["[timeouts]", "tcp = 2147483", "tcp-fin = 1"],
  ];
  const read = parseIni(text.join("\n"));
  expect(read.ok && read.value.sync).toEqual({
    start: { word: "both", place: { line: 2, column: 1 } },
    interface: "eth1",
    id: 255,
    maxBytes: 65_487,
    group: "ff02::81",
    port: 8850,
    ttl: 2,
  });
  expect(read.ok && read.value.timeouts).toEqual({ tcp: 2_147_483, tcpFin: 1 });
});

test("off wants no interface", () => {
  expect(parseIni("[sync]\nstart = off\n").ok).toBe(true);
});
