import { expect, test } from "vitest";
import { down, up, type Verdict } from "../../../checks/check.ts";
import { loadChecks } from "../../../checks/registry.ts";
import { plan } from "../../../src/health/plan.ts";
import {
  checkIdentity,
  isMonitored,
  messageOf,
  monitorLine,
} from "../../../src/monitorfile/monitor-line.ts";
import { read } from "../config/read.ts";

const checks = await loadChecks();

const secondOfNovember = new Date(2026, 10, 2, 6, 7, 8).getTime();

/** What stands behind time and pid, for the one real server of this block; undefined: no line. */
async function line(head: string, body: string, verdict: Verdict): Promise<string | undefined> {
  const text = `${head}\n${body.trim().replace(/^\s*/gm, "    ")}\n`;
  const loaded = await read(text);
  const [virtual] = loaded.ok ? loaded.config.virtuals : [];
  const [real] = virtual?.reals ?? [];
  if (virtual === undefined || real === undefined) throw new Error(JSON.stringify(loaded));
  if (!isMonitored(virtual, verdict)) return undefined;
  const planned = plan({ virtuals: [virtual] }, checks);
  const [spec] = planned.ok ? planned.value : [];
  const message = spec && messageOf(spec, verdict);
  const whole = monitorLine(secondOfNovember, 7, checkIdentity(virtual, real), verdict.up, message);
  expect(whole.startsWith("[Mon Nov  2 06:07:08 2026] [7] ")).toBe(true);
  expect(whole.endsWith("\n")).toBe(true);
  return whole.slice(31, -1);
}

const refused = down("refused", "connection refused (127.0.0.1:9)");
const timeout = down("timeout", "no answer within 2 s");
const said = (verdict: Verdict, monitored: string): Verdict => ({ ...verdict, monitored });

// The right-hand sides were written by ldirectord 4.12 from such blocks.
test.for<[head: string, body: string, verdict: Verdict, line: string | undefined]>([
  [
    "virtual=10.9.0.2:80",
    `real=127.0.0.1:80 masq 1
     request="index.html"
     receive="Wel.*come"
     virtualhost=www.example.org:80`,
    said(up("200 OK"), "200 OK"),
    "negotiate http tcp 127.0.0.1 80 www.example.org 80 1 masq /index.html Wel.*come [up] 200 OK",
  ],
  [
    "virtual=10.9.0.2:80",
    `real=127.0.0.1:9 masq 2
     request="index.html"`,
    refused,
    "negotiate http tcp 127.0.0.1 9 2 masq /index.html  [down] 500 Can't connect to 127.0.0.1:9 (Connection refused)",
  ],
  [
    "virtual=10.9.0.2:81",
    `real=127.0.0.1:80 masq 1
     service=http
     request="page"
     receive="a::b\\d|never"`,
    said(down("mismatch", "…"), "50% a|b\r\nline two: x::y\n"),
    "negotiate http tcp 127.0.0.1 80 1 masq /page a  bd|never [down] 50%25 a%7cb%0d%0aline two: x::y%0a",
  ],
  [
    "virtual=10.9.0.2:82",
    `real=127.0.0.1:80 masq 1
     service=http
     request="hang"`,
    timeout,
    "negotiate http tcp 127.0.0.1 80 1 masq /hang  [down] 500 Timeout Alarm",
  ],
  [
    "virtual=10.9.0.2:84",
    `real=127.0.0.1:80 masq 1
     checktype=1
     service=http
     checkport=80`,
    said(up("200 OK"), "200 OK"),
    "combined http tcp 127.0.0.1 80 80 1 masq /  [up] 200 OK",
  ],
  [
    "virtual=10.9.0.2:85",
    "real=127.0.0.1:85 masq 1\nservice=none",
    up("not checked"),
    "negotiate none tcp 127.0.0.1 85 1 masq /  [up] -",
  ],
  [
    "virtual=10.9.0.2:389",
    "real=127.0.0.1:389 masq 1",
    refused,
    "negotiate ldap tcp 127.0.0.1 389 1 masq /  [down] Connection failed",
  ],
  [
    "virtual=10.9.0.2:389",
    "real=127.0.0.1:389 masq 1",
    timeout,
    "negotiate ldap tcp 127.0.0.1 389 1 masq /  [down] No answer received",
  ],
  [
    "virtual=10.9.0.2:389",
    "real=127.0.0.1:389 masq 1",
    down("auth", "bind: invalidCredentials"),
    "negotiate ldap tcp 127.0.0.1 389 1 masq /  [down] Bind failed",
  ],
  [
    "virtual=10.9.0.2:53",
    'real=127.0.0.1:53 masq 1\nprotocol=tcp\nrequest="x.example"',
    down("status", "NXDOMAIN for A x.example"),
    "negotiate dns tcp 127.0.0.1 53 1 masq /x.example  [down] Connection timed out",
  ],
  [
    "virtual=10.9.0.2:86",
    "real=127.0.0.1:80 masq 1\nchecktype=external\ncheckcommand=/bin/false",
    down("status", "exit status 1"),
    "external /bin/false tcp 127.0.0.1 80 1 masq /  [down] -",
  ],
  [
    "virtual=7",
    "real=127.0.0.1 masq 1\nchecktype=connect\nservice=http",
    up("connected"),
    "connect fwm 127.0.0.1 0 1 masq /  [up] -",
  ],
  [
    "virtual6=[fd00::1]:25",
    "real6=[fd00::2]:25 gate 3",
    up("220 fine"),
    "negotiate smtp tcp [fd00 2] 25 3 gate /  [up] -",
  ],
  ["virtual=10.9.0.2:80", "real=127.0.0.1:80 masq\nchecktype=ping", timeout, undefined],
  [
    "virtual=10.9.0.2:80",
    "real=127.0.0.1:80 masq\nchecktype=ping",
    up("echo reply"),
    "ping tcp 127.0.0.1 80 1 masq /  [up] -",
  ],
  [
    "virtual=10.9.0.2:99",
    "real=127.0.0.1:99 masq\nprotocol=udp\nchecktype=connect",
    timeout,
    undefined,
  ],
  [
    "virtual=10.9.0.2:80",
    "real=127.0.0.1:80 masq\nchecktype=external-perl",
    up("exit status 0"),
    undefined,
  ],
])("%s %s", async ([head, body, verdict, expected]) => {
  expect(await line(head, body, verdict)).toBe(expected);
});

test("a real server's own request and receive name it", async () => {
  const own = 'real=127.0.0.1:80 masq 1 "mine", "a:b"';
  expect(await line("virtual=10.9.0.2:80", `${own}\nrequest="x"`, refused)).toMatch(
    /^negotiate http tcp 127\.0\.0\.1 80 1 masq \/mine a b \[down\] /,
  );
});

// A terminal that shows the file obeyed what a page said.
test("what is not printable is written as in a URL, so that a line stays a line", () => {
  expect(monitorLine(0, 7, "negotiate http", false, "\x1b[2J\0 page\t\u202egnp\u2028\x9b")).toMatch(
    /\[7\] negotiate http \[down\] %1b\[2J%00 page%09%e2%80%aegnp%e2%80%a8%c2%9b\n$/,
  );
});
