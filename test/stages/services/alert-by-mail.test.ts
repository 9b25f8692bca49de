/** `[alert …]` by mail, to a real postfix: STARTTLS, with the certificate looked at, and what it refuses. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { senderFor } from "../../../src/incidents/deliver/senders.ts";
import { testNotice } from "../../../src/incidents/notice-of.ts";
import type { AlertRoute, MailReceiver } from "../../../src/ini/alert-settings.ts";
import { sendBySmtp } from "../../../src/mail/smtp.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { makeCertificates } from "../../support/servers/certificates.ts";
import { Rack } from "../../support/servers/rack.ts";
import { Site } from "../daemon/site.ts";
import { freePort } from "./lib/free-port.ts";
import { postfixFolder, startPostfixIn } from "./lib/postfix.ts";
import { type RealServer, userIds } from "./lib/real-server.ts";

const certificates = makeCertificates("localhost");
let folder = "";
let port = 0;
let postfix: RealServer | undefined;

beforeAll(async () => {
  folder = postfixFolder("alert-by-mail-");
  const config = join(folder, "config");
  port = await freePort();
  const owner = userIds("postfix");
  mkdirSync(join(folder, "mail"));
  chownSync(join(folder, "mail"), owner.uid, owner.gid);
  writeFileSync(join(config, "people"), "ops@example.org ops/\n");
  const services = [
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "rewrite unix - - n - - trivial-rewrite",
    ...["bounce", "defer", "trace"].map((name) => `${name} unix - - n - 0 bounce`),
    "error unix - - n - - error",
    "virtual unix - n n - - virtual",
    "proxymap unix - - n - - proxymap",
    "anvil unix - - n - 1 anvil",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
  ];
  postfix = await startPostfixIn(folder, {
    port,
    main: `inet_protocols = ipv4
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = ${certificates.good.certFile}
smtpd_tls_key_file = ${certificates.good.keyFile}
virtual_mailbox_domains = example.org
virtual_mailbox_maps = texthash:${config}/people
virtual_mailbox_base = ${folder}/mail
virtual_uid_maps = static:${owner.uid}
virtual_gid_maps = static:${owner.gid}
virtual_minimum_uid = 1
default_transport = error:no network here`,
    master: `127.0.0.1:${port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
${services.join("\n")}`,
  });
});
afterAll(async () => {
  await postfix?.stop();
  rmSync(folder, { recursive: true, force: true });
  certificates[Symbol.dispose]();
});

function sending(more: Partial<MailReceiver>) {
  const log = memoryLog();
  const receiver: MailReceiver = {
    ...({
      to: "mail",
      server: "localhost",
      port,
      tls: "starttls",
      caFile: certificates.caFile,
    } as const),
    recipients: "ops@example.org",
    ...more,
  };
  const route: AlertRoute = {
    ...{ name: "ops", place: { line: 1, column: 1 }, severity: "warning" as const },
    ...{ waitMs: 0, updateMs: 60_000, receiver },
  };
  const means = {
    log,
    sendMail: sendBySmtp,
    post: async () => {},
    commands: { ask: async () => 0 },
  };
  const send = senderFor(route, means);
  const teller = { alert: "ops", director: "lb1", instance: "ldirectord" };
  const notice = testNotice(teller, Date.now());
  const sent = send([notice], new AbortController().signal).then(
    () => "taken",
    (error: Error) => `${error.name}: ${error.message}`,
  );
  return { sent, log };
}

/** In the box of ops, in the order in which they came. */
function mails(): readonly string[] {
  const box = join(folder, "mail", "ops", "new");
  if (!existsSync(box)) return [];
  const files = readdirSync(box).map((name) => join(box, name));
  const cameAt = new Map(files.map((file) => [file, statSync(file).mtimeMs]));
  const inOrder = files.sort((a, b) => (cameAt.get(a) ?? 0) - (cameAt.get(b) ?? 0));
  return inOrder.map((file) => readFileSync(file, "utf8"));
}

test("by STARTTLS, it arrives", async () => {
  const { sent, log } = sending({ recipients: "nobody@example.org, ops@example.org" });
  expect(await sent).toBe("taken");
  expect(log.all("alert-recipient-refused")).toMatchObject([{ recipient: "nobody@example.org" }]);
  await expect.poll(mails, { timeout: 20_000 }).toHaveLength(1);
  const [mail] = mails();
  expect(mail).toContain("\nSubject: Test of [alert ops]: nothing has happened\n");
  expect(mail).toContain("(Postfix) with ESMTPS id ");
});

test("a server whose certificate is of nobody we know gets no mail", async () => {
  const { sent } = sending({ caFile: certificates.selfSigned.certFile });
  expect(await sent).toMatch(/certificate/);
});

test("a server that wants TLS and is spoken to without says so, and it is tried again", async () => {
  expect(await sending({ tls: "no" }).sent).toMatch(/^Error: .*530 5\.7\.0/);
});

test("who is nobody there is refused for good", async () => {
  expect(await sending({ recipients: "nobody@example.org" }).sent).toMatch(
    /^Rejected: .*550 5\.1\.1/,
  );
});

test("a rack of 40 that dies is one mail, and one more when it is back", {
  timeout: 120_000,
}, async () => {
  const [site, rack, before] = [new Site(), new Rack(), mails().length];
  try {
    await rack.start();
    site.write(
      "ldirectord-ng.ini",
      `[table]
backend = embedded
[daemon]
rundir = ${site.folder}
[control]
state = ${site.path("state")}
[alert ops]
to = mail
server = localhost
port = ${port}
tls = starttls
ca-file = ${certificates.caFile}
recipients = ops@example.org
`,
    );
    site.write(
      "web.cf",
      `checkinterval=1\nchecktimeout=3\nlogfile="${site.logFile}"\nvirtual=127.9.0.1:80\n${rack.reals()}    checktype=connect\n`,
    );
    await site.start();
    await site.logged(/^Added real server: /);
    const isEach = async (event: string) => {
      for (let i = 0; i < rack.size; i++) {
        await site.logged(new RegExp(`^${event}: ${rack.address(i).replaceAll(".", "\\.")}:`));
      }
    };
    await isEach("Added real server");
    await rack.stop();
    await isEach("Check failed");
    const subjects = () =>
      mails()
        .slice(before)
        .map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1]);
    await expect.poll(subjects, { timeout: 60_000 }).toHaveLength(1);
    await rack.start();
    await expect.poll(subjects, { timeout: 60_000 }).toHaveLength(2);
    expect(subjects()).toEqual([
      expect.stringMatching(/^Down: 40 real servers in 127\.1\.0\.0\/24/),
      expect.stringMatching(/^Over, after .*: 40 real servers in 127\.1\.0\.0\/24/),
    ]);
  } finally {
    await site.close();
    await rack.stop();
  }
});
