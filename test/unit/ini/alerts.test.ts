import { expect, test } from "vitest";
import { parseIni } from "../../../src/ini/ini.ts";

const alertsOf = (text: string) => {
  const read = parseIni(text);
  if (!read.ok) throw new Error(read.error.map(({ message }) => message).join("\n"));
  return read.value.alerts?.map(({ place: _, ...alert }) => alert);
};
const wrong = (text: string) => {
  const read = parseIni(text);
  return read.ok ? [] : read.error.map(({ line, message }) => `${line}: ${message}`);
};

test("a mail, with all that can be said of it", () => {
  expect(
    alertsOf(`[alert ops]
to = mail
virtual = 192.0.2.1:80, [2001:db8::1]:*
severity = error
wait = 10s
update = 1h
server = mail.example.org
tls = yes
user = lb
password-file = /etc/lb.password
ca-file = /etc/ca.pem
from = Load Balancer <lb@example.org>
recipients = ops@example.org, night@example.org
at-most = 10/1h
digest = 0 8 * * 1-5
`),
  ).toEqual([
    {
      name: "ops",
      virtuals: ["192.0.2.1:80", "[2001:db8::1]:*"],
      severity: "error",
      waitMs: 10_000,
      updateMs: 3_600_000,
      receiver: {
        to: "mail",
        server: "mail.example.org",
        port: 465,
        tls: "yes",
        login: { user: "lb", passwordFile: "/etc/lb.password" },
        caFile: "/etc/ca.pem",
        from: "Load Balancer <lb@example.org>",
        recipients: "ops@example.org, night@example.org",
        atMost: { mails: 10, perMs: 3_600_000 },
        digest: { cron: "0 8 * * 1-5", place: { line: 15, column: 1 } },
      },
    },
  ]);
});

test("what is not said has its default, and the order of keys and sections does not matter", () => {
  const common = { severity: "warning", waitMs: 5_000, updateMs: 600_000 };
  expect(
    alertsOf(`[alert hook]
url = https://chat.example.org/T0/B0
to = webhook
[table]
backend = embedded
[alert page]
to = command
command = /usr/local/sbin/page
[alert root]
to = mail
server = localhost
recipients = root
`),
  ).toEqual([
    {
      name: "hook",
      ...common,
      receiver: {
        to: "webhook",
        url: "https://chat.example.org/T0/B0",
        format: "json",
        timeoutMs: 10_000,
      },
    },
    {
      name: "page",
      ...common,
      receiver: { to: "command", command: "/usr/local/sbin/page", timeoutMs: 30_000 },
    },
    {
      name: "root",
      ...common,
      receiver: { to: "mail", server: "localhost", port: 25, tls: "no", recipients: "root" },
    },
  ]);
});

test.for([
  ["[alert]\n", '1: "" is no name of an alert'],
  ["[alert a b]\n", '1: "a b" is no name of an alert'],
  ["[alrt ops]\n", 'did you mean "alert"?'],
  ["[alert ops]\n", "1: wants to know how; write to = mail, or to = webhook, or to = command"],
  [
    "[alert ops]\nto = mial\n",
    '2: "mial" is neither mail nor webhook nor command; did you mean "mail"?',
  ],
  [
    "[alert ops]\nto = command\ncomand = /x\n",
    '3: no such key in [alert]; did you mean "command"?',
  ],
  ["[alert ops]\nto = command\n", "1: to = command wants a command"],
  ["[alert ops]\nto = command\ncommand = page\n", '3: "page" is not an absolute path'],
  [
    "[alert ops]\nto = command\ncommand = /x\nurl = http://h/\n",
    "4: is for to = webhook, and this alert goes by command",
  ],
  ["[alert ops]\nto = mail\nserver = h\n", "1: to = mail wants a recipients"],
  ["[alert ops]\nto = mail\nserver = h\nrecipients = ,\n", '4: "," holds no address'],
  [
    "[alert ops]\nto = mail\nserver = h\nrecipients = r\nuser = u\n",
    "a user wants a password-file",
  ],
  [
    "[alert ops]\nto = mail\nserver = h\nrecipients = r\nuser = u\npassword-file = /p\n",
    "5: a password goes out over TLS alone",
  ],
  [
    "[alert ops]\nto = mail\nserver = h\nrecipients = r\nat-most = ten\n",
    '5: "ten" is no number of mails in a time',
  ],
  [
    "[alert ops]\nto = mail\nserver = h\nrecipients = r\nport = 0\n",
    '5: "0" is not a port from 1 to 65535',
  ],
  ["[alert ops]\nto = webhook\nurl = ftp://h/\n", "3: is no URL"],
  ["[alert ops]\nto = webhook\nurl = https://me:secret@h/\n", "3: must not hold a password"],
  ["[alert ops]\nto = webhook\nurl = https://h/\nformat = slck\n", 'did you mean "slack"?'],
  [
    "[alert ops]\nto = webhook\nurl = https://h/\nwait = 5\n",
    '4: "5" is no time from 0s to 1h; write 5s',
  ],
  [
    "[alert ops]\nto = webhook\nurl = https://h/\nupdate = 1s\n",
    '4: "1s" is no time from 1m to 7d',
  ],
  [
    "[alert ops]\nto = webhook\nurl = https://h/\nseverity = critical\n",
    '4: "critical" is neither warning nor error',
  ],
  [
    "[alert ops]\nto = webhook\nurl = https://h/\n[alert ops]\nto = webhook\nurl = https://h/\n",
    "4: the same name as in line 1",
  ],
] as const)("%j is refused", ([text, message]) => {
  expect(wrong(text).join("\n")).toContain(message);
});

test("all mistakes of all sections come at once, in the order of their lines", () => {
  expect(
    wrong("[alert a]\nto = mail\n[alert b]\nto = webhook\nwait = x\n").map(
      (each) => each.split(":")[0],
    ),
  ).toEqual(["1", "1", "3", "5"]);
});

test("a URL, which may be as good as a password, is in no message", () => {
  expect(wrong("[alert ops]\nto = webhook\nurl = htps://h/T0SECRET\n").join()).not.toContain(
    "T0SECRET",
  );
});
