/** By what the built daemon tells whether it is active: a file, a command, and the kernel's own word of its addresses. */
import { execFileSync, spawnSync } from "node:child_process";
import { renameSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SmtpSink } from "../../support/servers/smtp-sink.ts";
import { Site, WebServer } from "./site.ts";

let site: Site;
let web: WebServer;
let sink: SmtpSink;
beforeEach(async () => {
  site = new Site();
  web = await WebServer.start();
  sink = await SmtpSink.start();
  site.write(
    "web.cf",
    `logfile="${site.logFile}"
checkinterval=1
checktimeout=2
emailalert=root
smtp=127.0.0.1
virtual=127.0.0.1:8099
        real=127.0.0.1:${web.port} masq 3
        service=http
        receive="Welcome"
`,
  );
});
afterEach(async () => {
  await web.stop();
  await site.close();
  await sink.stop();
});

const follow = (what: string) =>
  site.write(
    "ldirectord-ng.ini",
    `${site.read("ldirectord-ng.ini")}[email]\nsmtp-port=${sink.port}\n[role]\nfollow=${what}\n`,
  );
const real = () => `127.0.0.1:${web.port} (127.0.0.1:8099)`;

test("a spare logs and keeps its table, and mails from its move on", async () => {
  follow(`file ${site.path("role")}`);
  site.write("role", "spare\n");
  await site.start();
  await site.logged(`Added real server: ${real()} (Weight set to 3)`);
  await web.stop();
  await site.logged(`Deleted real server: ${real()}`);
  expect(site.lines().filter((line) => line.startsWith("emailalert"))).toEqual([]);
  expect((await site.ctl("status")).stdout).toContain("0 of 1 real servers up, spare");

  site.write("role.new", "active\n");
  renameSync(site.path("role.new"), site.path("role"));
  await site.logged(/^Now active for 127\.0\.0\.1:8099: .*role says active$/);
  await web.start();
  await sink.until(1);
  expect(sink.subjects).toEqual([`Added real server: ${real()} (Weight set to 3)`]);
});

test("a command that hangs is no answer: the daemon starts, tells it once, and mails", async () => {
  follow("command /bin/sleep 600");
  await site.start();
  await site.logged(/^Can not tell .* active: \/bin\/sleep 600 has not answered within 5 s$/);
  await sink.until(1);
  // The next run hangs as the first one did.
  await web.stop();
  await sink.until(2);
  expect(site.lines().filter((line) => line.startsWith("Can not tell"))).toHaveLength(1);
});

/** What is told in a network namespace of its own while `meanwhile` goes on, line by line. */
function toldWhile(setup: string, meanwhile: readonly string[]): readonly string[] {
  const module = new URL("../../../dist/src/role/by-address.js", import.meta.url).href;
  const script = `
    import { execFileSync } from "node:child_process";
    import { once, EventEmitter } from "node:events";
    const { followAddresses } = await import(${JSON.stringify(module)});
    const alive = setInterval(() => {}, 1000);
    const heard = new EventEmitter();
    const follower = followAddresses((word) => heard.emit("word", [...word.own].sort().join(" ")));
    const told = async () => (await once(heard, "word"))[0];
    console.log(await told());
    for (const line of ${JSON.stringify(meanwhile)}) {
      const next = told();
      execFileSync("ip", line.split(" "));
      console.log(await next);
    }
    follower.stop();
    clearInterval(alive);`;
  const args = ["--net", "sh", "-ec", `${setup}; exec "$0" --input-type=module --eval "$1"`];
  const out = execFileSync("unshare", [...args, process.execPath, script], {
    encoding: "utf8",
    // To find each out by looking alone would take longer.
    timeout: 10_000,
  });
  return out.trim().split("\n");
}

const canMakeNamespaces = spawnSync("unshare", ["--net", "ip", "link"]).status === 0;
if (!canMakeNamespaces) {
  process.stderr.write("role skipped: no network namespace may be made here (root, unshare, ip)\n");
}

test.skipIf(!canMakeNamespaces)("the kernel tells of each address that comes or goes", () => {
  const loopback = "127.0.0.1 ::1";
  expect(
    toldWhile("ip link set lo up", [
      "addr add 10.7.0.1/32 dev lo",
      "addr del 10.7.0.1/32 dev lo",
      "addr add fd00:7::1/128 dev lo",
      "link set lo down",
    ]),
  ).toEqual([loopback, "10.7.0.1 127.0.0.1 ::1", loopback, "127.0.0.1 ::1 fd00:7::1", "127.0.0.1"]);
});
