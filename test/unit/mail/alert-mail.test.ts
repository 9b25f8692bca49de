import { expect, test } from "vitest";
import { alertMail } from "../../../src/mail/alert-mail.ts";
import type { Origin } from "../../../src/mail/compose.ts";
import type { Alerts } from "../../../src/model/alerts.ts";
import { recipientsIn, senderOf } from "../../../src/model/mail-address.ts";

const origin: Origin = {
  hostname: "director",
  user: "root",
  at: Date.UTC(2026, 10, 2, 6, 7, 8),
  id: "4711",
};
const alerts = (more: Partial<Alerts> = {}): Alerts => ({
  to: "root@example.org, ops@example.org",
  smtp: "mail.example.org",
  during: ["running"],
  reminderMs: 0,
  ...more,
});
const deleted = "Deleted real server: 10.0.0.3:80 (10.0.0.1:80)";

test("the message is the original's, with Date and Message-ID, and each address is a recipient", () => {
  expect(alertMail(alerts(), deleted, "running", origin)).toEqual({
    envelope: { from: "root@director", to: ["root@example.org", "ops@example.org"] },
    message: `From: root@director
To: root@example.org, ops@example.org
Subject: Deleted real server: 10.0.0.3:80 (10.0.0.1:80)
Date: Mon, 02 Nov 2026 06:07:08 +0000
Message-ID: <4711@director>

ldirectord host: director
Log-Message: Deleted real server: 10.0.0.3:80 (10.0.0.1:80)
Daemon-Status: running
`,
  });
});

test("servicename and comment are told, emailalertfrom is the header as written, its address the sender", () => {
  const all = { serviceName: "Web site", comment: "Call the web team", from: '"LVS" <lvs@x.org>' };
  const { envelope, message } = alertMail(alerts(all), deleted, "starting", origin);
  expect(envelope.from).toBe("lvs@x.org");
  expect(message.split("\n")[0]).toBe('From: "LVS" <lvs@x.org>');
  expect(message).toContain(`Subject: [Web site] ${deleted}\n`);
  expect(message.slice(message.indexOf("\n\n") + 2)).toBe(`ldirectord host: director
Log-Message: [Web site] ${deleted}
Daemon-Status: starting

Service name: Web site
Comment: Call the web team

`);
});

test("for a mail program there is a From header only if the file says one", () => {
  const { smtp: _, ...local } = alerts();
  expect(alertMail(local, deleted, "running", origin).message).toMatch(/^To: root@example\.org, /);
  const named = { ...local, from: "lvs@x.org" };
  expect(alertMail(named, deleted, "running", origin).message).toMatch(/^From: lvs@x\.org\nTo: /);
});

test("either of the two alone", () => {
  const { message } = alertMail(alerts({ comment: "x" }), deleted, "running", origin);
  expect(message).toMatch(/\nDaemon-Status: running\n\nComment: x\n\n$/);
  expect(message).toContain(`\nSubject: ${deleted}\n`);
});

test("words beyond ASCII go as RFC 2047 and RFC 2045 have it", () => {
  const { message } = alertMail(alerts({ serviceName: "Büro" }), deleted, "running", origin);
  expect(message).toMatch(/^Subject: =\?UTF-8\?Q\?=5BB=C3=BCro=5D\?= Deleted real server: /m);
  expect(message).toContain("\nContent-Transfer-Encoding: quoted-printable\n");
  expect(message).toContain("\nService name: B=C3=BCro\n");
  expect(message).toMatch(/^[\n\x20-\x7e]*$/);
});

test.for<[written: string, recipients: string[]]>([
  ["root", ["root"]],
  ["a@b.org", ["a@b.org"]],
  ["a@b.org,c@d.org", ["a@b.org", "c@d.org"]],
  ["a@b.org, root , c@d.org", ["a@b.org", "root", "c@d.org"]],
  ["Ops <a@b.org>, c@d.org", ["a@b.org", "c@d.org"]],
  ['"a@b.org", "c@d.org"', ["a@b.org", "c@d.org"]],
])("emailalert=%s", ([written, recipients]) => {
  expect(recipientsIn(written)).toEqual(recipients);
});

test("addresses in quotes of their own lose them in the header too", () => {
  const { message } = alertMail(
    alerts({ to: '"a@b.org", "Ops" <c@d.org>' }),
    deleted,
    "running",
    origin,
  );
  expect(message).toContain('\nTo: a@b.org, "Ops" <c@d.org>\n');
});

test.for<[from: string, address: string | undefined, header?: string]>([
  ["lvs@x.org", "lvs@x.org", "lvs@x.org"],
  ['"lvs@x.org"', "lvs@x.org", "lvs@x.org"],
  ["Load Balancer <lvs@x.org>", "lvs@x.org", "Load Balancer <lvs@x.org>"],
  ['"Load Balancer <lvs@x.org>"', "lvs@x.org", "Load Balancer <lvs@x.org>"],
  ['"Balancer, Load" <lvs@x.org>', "lvs@x.org", '"Balancer, Load" <lvs@x.org>'],
  ["Balancer, Load <lvs@x.org>", "lvs@x.org", '"Balancer, Load" <lvs@x.org>'],
  ['The "LB" [1] <lvs@x.org>', "lvs@x.org", '"The \\"LB\\" [1]" <lvs@x.org>'],
  ["<lvs@x.org>", "lvs@x.org", "lvs@x.org"],
  ["root", "root", "root"],
  ["nobody in particular", undefined],
  ["", undefined],
])("a sender %j is %j", ([from, address, header]) => {
  expect(senderOf(from)).toEqual(address === undefined ? undefined : { address, header });
});

test("a sender that holds no address is the header as written, and the envelope's is ours", () => {
  const odd = alertMail(alerts({ from: "nobody in particular" }), deleted, "running", origin);
  expect(odd.envelope.from).toBe("root@director");
  expect(odd.message).toMatch(/^From: nobody in particular\n/);
});

test("a name beyond ASCII is an encoded word, and the address stays", () => {
  const from = "Lastverteiler Köln <lvs@x.org>";
  const { envelope, message } = alertMail(alerts({ from }), deleted, "running", origin);
  expect(envelope.from).toBe("lvs@x.org");
  expect(message.split("\n")[0]).toMatch(
    /^From: Lastverteiler =\?UTF-8\?Q\?K=C3=B6ln\?= <lvs@x\.org>$/,
  );
});

test("no header can be slipped in, and no control character goes out", () => {
  const odd = alerts({
    serviceName: "a\nBcc: x@y\x1b[2J",
    comment: "c\u2028d\u202e",
    to: "root\nX: y",
  });
  const { message } = alertMail(odd, `${deleted}\nBcc: z`, "running", origin);
  const [head = "", body = ""] = message.split(/\n\n(.*)/s);
  expect(head.split("\n").map((line) => line.split(":")[0])).not.toContain("Bcc");
  expect(message).toMatch(/^[\n\x20-\x7e]*$/);
  expect(body).toContain("Comment: c d");
});
