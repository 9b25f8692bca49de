import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAlerts } from "../../../src/mail/alerts.ts";
import { sendBySmtp } from "../../../src/mail/smtp.ts";
import type { Alerts } from "../../../src/model/alerts.ts";
import { createCommandRunner } from "../../../src/programs/runner.ts";
import { endpoint, realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { SetHealth } from "../../unit/reconcile/set-health.ts";
import { freePort } from "./lib/free-port.ts";
import { postfixFolder, startPostfixIn } from "./lib/postfix.ts";
import { type RealServer, userIds } from "./lib/real-server.ts";

/** A postfix that keeps mail for ops@ and night@example.org in a folder each, and knows nobody else. */
let folder = "";
let port = 0;
let postfix: RealServer | undefined;
const wrapper = () => join(folder, "sendmail");

beforeAll(async () => {
  folder = postfixFolder("alert-mail-");
  const config = join(folder, "config");
  port = await freePort();
  const owner = userIds("postfix");
  mkdirSync(join(folder, "mail"));
  chownSync(join(folder, "mail"), owner.uid, owner.gid);
  writeFileSync(join(config, "people"), "ops@example.org ops/\nnight@example.org night/\n");
  const services = [
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "rewrite unix - - n - - trivial-rewrite",
    ...["bounce", "defer", "trace"].map((name) => `${name} unix - - n - 0 bounce`),
    "error unix - - n - - error",
    "virtual unix - n n - - virtual",
    "proxymap unix - - n - - proxymap",
    "anvil unix - - n - 1 anvil",
  ];
  writeFileSync(wrapper(), `#!/bin/sh\nexec /usr/sbin/sendmail -C ${config} "$@"\n`, {
    mode: 0o755,
  });
  postfix = await startPostfixIn(folder, {
    port,
    main: `inet_protocols = ipv4
virtual_mailbox_domains = example.org
virtual_mailbox_maps = texthash:${config}/people
virtual_mailbox_base = ${folder}/mail
virtual_uid_maps = static:${owner.uid}
virtual_gid_maps = static:${owner.gid}
virtual_minimum_uid = 1
default_transport = error:no network here`,
    master: `127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 1 1 pickup
postlog unix-dgram n - n - 1 postlogd
${services.join("\n")}`,
  });
});
afterAll(async () => {
  await postfix?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const key = tcp("10.0.0.1:80");

/** Sends one alert and waits until it is handed over. */
async function alert(more: Partial<Alerts>, mailProgram?: string): Promise<readonly string[]> {
  const log = memoryLog();
  const alerts = createAlerts({
    log,
    commands: createCommandRunner({ logger: log }),
    sendMail: sendBySmtp,
    view: new SetHealth(),
    phase: () => "running",
    smtpPort: port,
    ...(mailProgram !== undefined && { mailProgram }),
  });
  const fields = { real: endpoint("10.0.0.3:80"), virtual: key };
  const row = endpoint("10.0.0.3:80");
  const all = { to: "ops@example.org", during: ["running"], reminderMs: 0, ...more } as const;
  const service = virtualService(key, [realServer("10.0.0.3:80")], { alerts: all });
  alerts.onRow(service, { name: "real-deleted", fields, row, lost: row });
  await alerts.stop(20_000);
  return log.lines;
}

/** The newest mail of that person with these words in it, once it is delivered. */
async function delivered(person: string, words: string): Promise<string> {
  const box = join(folder, "mail", person, "new");
  const mails = () =>
    (existsSync(box) ? readdirSync(box) : []).map((name) => readFileSync(join(box, name), "utf8"));
  const found = () => mails().find((mail) => mail.includes(words));
  await expect.poll(found, { timeout: 20_000 }).toBeDefined();
  return found() ?? "";
}
const subject = "Deleted real server: 10.0.0.3:80 (10.0.0.1:80)";

test("by SMTP, to two people of whom one is unknown", async () => {
  const lines = await alert({
    smtp: "127.0.0.1",
    to: "nobody@example.org, night@example.org",
    comment: "first",
  });
  expect(lines).toEqual([
    `emailalert: ${subject}`,
    expect.stringMatching(/^the SMTP server takes no email for nobody@example\.org: .*550 5\.1\.1/),
  ]);
  const mail = await delivered("night", "Comment: first");
  expect(mail).toContain(`\nSubject: ${subject}\n`);
  expect(mail).toContain("\nTo: nobody@example.org, night@example.org\n");
  expect(mail).toMatch(/\nDaemon-Status: running\n\nComment: first\n\n$/);
});

test("by SMTP, words beyond ASCII", async () => {
  await alert({ smtp: "127.0.0.1", comment: "Büro zwei" });
  expect(await delivered("ops", "Comment: B=C3=BCro zwei")).toContain(
    "Content-Transfer-Encoding: quoted-printable",
  );
});

test("by the mail program, which finds the recipients in the mail", async () => {
  const lines = await alert(
    { to: "ops@example.org, night@example.org", comment: "third" },
    wrapper(),
  );
  expect(lines).toEqual([`emailalert: ${subject}`]);
  for (const person of ["ops", "night"]) {
    expect(await delivered(person, "Comment: third")).toContain(`\nSubject: ${subject}\n`);
  }
});
