import { chmodSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type SinkOptions, SmtpSink } from "../../support/servers/smtp-sink.ts";
import { isAlive, Site, WebServer } from "./site.ts";

let site: Site;
let web: WebServer;
let sink: SmtpSink | undefined;
beforeEach(async () => {
  site = new Site();
  web = await WebServer.start();
});
afterEach(async () => {
  await web.stop();
  await site.close();
  await sink?.stop();
  sink = undefined;
});

const file = (globals: string, virtual = "") => `logfile="${site.logFile}"
checkinterval=1
checktimeout=2
emailalert=ops@example.org, root
${globals}
virtual=127.0.0.1:8099
        real=127.0.0.1:${web.port} masq 3
        service=http
        receive="Welcome"
        fallback=127.0.0.1:9 masq
${virtual}
`;
const ini = (lines: string) =>
  site.write("ldirectord-ng.ini", `${site.read("ldirectord-ng.ini")}[email]\n${lines}\n`);
const real = () => `127.0.0.1:${web.port} (127.0.0.1:8099)`;
const words = () => ({
  added: `Added real server: ${real()} (Weight set to 3)`,
  deleted: `Deleted real server: ${real()}`,
  inaccessible: `Inaccessible real server: ${real()}`,
  purged: `Purged real server (stop): ${real()}`,
  fallback: "Added fallback server: 127.0.0.1:9 (127.0.0.1:8099) (Weight set to 1)",
  noFallback: "Deleted fallback server: 127.0.0.1:9 (127.0.0.1:8099)",
});

async function startSink(options: SinkOptions = {}): Promise<SmtpSink> {
  sink = await SmtpSink.start(options);
  ini(`smtp-port=${sink.port}`);
  return sink;
}
const phaseOf = (message: string) => /^Daemon-Status: (.*)$/m.exec(message)?.[1];

test("from start to stop: a mail for each change, to each address, and the last ones still go out", async () => {
  const server = await startSink();
  site.write("web.cf", file("smtp=127.0.0.1"));
  await site.start();
  await server.until(2);
  await web.stop();
  await server.until(4);
  await web.start();
  await server.until(6);
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });

  const { added, deleted, fallback, noFallback, purged } = words();
  const said = server.mails.map(({ message }, i) => `${phaseOf(message)} ${server.subjects[i]}`);
  expect(said).toEqual([
    // The fallback server has the traffic until the first verdict.
    `starting ${fallback}`,
    expect.stringMatching(/^starting (Added real|Deleted fallback) server: /),
    expect.stringMatching(/^starting (Added real|Deleted fallback) server: /),
    expect.stringMatching(/^running (Added fallback|Deleted real) server: /),
    expect.stringMatching(/^running (Added fallback|Deleted real) server: /),
    expect.stringMatching(/^running (Added real|Deleted fallback) server: /),
    expect.stringMatching(/^running (Added real|Deleted fallback) server: /),
    `stopping ${purged}`,
  ]);
  expect(said).toEqual(expect.arrayContaining([`running ${deleted}`, `running ${added}`]));
  expect(said).toContain(`running ${noFallback}`);
  for (const { from, to, message } of server.mails) {
    expect(from).toBe(`${userInfo().username}@${hostname()}`);
    expect(to).toEqual(["ops@example.org", "root"]);
    expect(message).toMatch(/^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\nMessage-ID: <.+@/m);
  }
  // Told in the log too, each before its mail, and all before the last line.
  expect(site.lines().filter((line) => line.startsWith("emailalert: "))).toEqual(
    server.subjects.map((subject) => `emailalert: ${subject}`),
  );
  expect(site.lines().at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
});

test("emailalertstatus: only the phases that are asked for", async () => {
  const server = await startSink();
  site.write("web.cf", file("smtp=127.0.0.1\nemailalertstatus=stopping"));
  await site.start();
  await site.logged(words().noFallback);
  const mark = site.lines().length;
  await web.stop();
  await site.logged(words().fallback, mark);
  await web.start();
  await site.logged(words().added, mark);
  await site.run(site.cf, "stop");
  expect(server.subjects).toEqual([words().purged]);
});

test("reminders: every emailalertfreq seconds while it is down, and no longer", async () => {
  const server = await startSink();
  site.write("web.cf", file("smtp=127.0.0.1\nemailalertfreq=1\nemailalertstatus=running"));
  await site.start();
  await site.logged(words().noFallback);
  await web.stop();
  const { deleted, fallback, inaccessible } = words();
  await server.until(4);
  expect([...server.subjects.slice(0, 2)].sort()).toEqual([fallback, deleted].sort());
  expect(server.subjects.slice(2, 4)).toEqual([inaccessible, inaccessible]);
  const mark = site.lines().length;
  await web.start();
  await site.logged(words().added, mark);
  // Behind whatever was on its way.
  await expect.poll(() => server.subjects).toContain(words().added);
  const so = server.subjects.filter((subject) => subject === inaccessible).length;
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // the claim is that nothing comes
  expect(server.subjects.filter((subject) => subject === inaccessible)).toHaveLength(so);
});

test("a server that is down at the start is told of, though it never had a row", async () => {
  const server = await startSink();
  const { inaccessible } = words();
  await web.stop();
  site.write("web.cf", file("smtp=127.0.0.1"));
  await site.start();
  await server.until(2);
  expect(server.subjects).toContain(inaccessible);
});

test("a reload: what follows from it is told as such", async () => {
  const server = await startSink();
  site.write("web.cf", file("smtp=127.0.0.1\nemailalertstatus=reloading"));
  await site.start();
  await site.logged(words().noFallback);
  site.write("web.cf", site.read("web.cf").replace("masq 3", "masq 4"));
  await site.run(site.cf, "reload");
  const [mail] = await server.until(1);
  expect(mail?.message).toContain(`Subject: Restored real server: ${real()} (Weight set to 4)\n`);
  expect(mail?.message).toContain("\nDaemon-Status: reloading\n");
});

test("a mail server that is dead, or silent, holds up neither the checks nor a stop", async () => {
  const server = await startSink({ greeting: "" });
  site.write("web.cf", file("smtp=127.0.0.1"));
  const pid = await site.start();
  await site.logged(words().noFallback);
  const mark = site.lines().length;
  await web.stop();
  await site.logged(words().fallback, mark);
  await web.start();
  await site.logged(words().added, mark);
  process.kill(pid, "SIGTERM");
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  expect(server.mails).toEqual([]);
  const log = site.lines();
  expect(log).toContain("failed to send SMTP email message: ldirectord has ended");
  expect(log.join("\n")).toMatch(/^\d+ emails were not sent: ldirectord has ended$/m);
  expect(log.at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
});

test("a slow mail server gets all of them, in their order", async () => {
  const server = await startSink({ delayMs: 60 });
  site.write("web.cf", file("smtp=127.0.0.1"));
  await site.start();
  await site.logged(words().noFallback);
  await site.run(site.cf, "stop");
  // On a busy host stop may have given up waiting.
  await site.logged(/^Linux Director Daemon terminated/);
  const told = site.lines().filter((line) => line.startsWith("emailalert: "));
  expect(server.subjects.map((subject) => `emailalert: ${subject}`)).toEqual(told);
});

test("nobody listens where smtp= leads: one line a mail, nothing else", async () => {
  const gone = await SmtpSink.start();
  await gone.stop();
  ini(`smtp-port=${gone.port}`);
  site.write("web.cf", file("smtp=127.0.0.1"));
  await site.start();
  await site.logged(/^failed to send SMTP email message: connect ECONNREFUSED 127\.0\.0\.1:/);
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
});

test("without smtp= the mail program gets it, with the recipients in it", async () => {
  site.write(
    "sendmail",
    `#!/bin/sh\necho "args: $@" >> ${site.path("mails")}\ncat >> ${site.path("mails")}\n`,
  );
  chmodSync(site.path("sendmail"), 0o755);
  ini(`program=${site.path("sendmail")}`);
  const about = "        servicename=Shop\n        comment=Call Bob";
  site.write("web.cf", file('emailalertfrom="LVS" <lvs@example.org>', about));
  await site.start();
  await site.logged(words().noFallback);
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
  const mails = site.read("mails").split("args: ").slice(1);
  expect(mails).toHaveLength(4);
  expect(mails.at(-1)?.replace(/^(Date|Message-ID): .*\n/gm, "")).toBe(`-t
From: "LVS" <lvs@example.org>
To: ops@example.org, root
Subject: [Shop] ${words().purged}

ldirectord host: ${hostname()}
Log-Message: [Shop] ${words().purged}
Daemon-Status: stopping

Service name: Shop
Comment: Call Bob

`);
});

test("a mail program that hangs is ended with the daemon", async () => {
  site.write("sendmail", `#!/bin/sh\necho $$ > ${site.path("pid")}\nexec sleep 600\n`);
  chmodSync(site.path("sendmail"), 0o755);
  ini(`program=${site.path("sendmail")}`);
  site.write("web.cf", file(""));
  const pid = await site.start();
  const mailPid = () => Number(site.read("pid"));
  await expect.poll(mailPid, { timeout: 20_000 }).toBeGreaterThan(0);
  process.kill(pid, "SIGTERM");
  await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false);
  expect(isAlive(mailPid())).toBe(false);
});
