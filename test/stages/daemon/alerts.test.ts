import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import type { Notice } from "../../../src/incidents/notice.ts";
import { Rack } from "../../support/servers/rack.ts";
import { SmtpSink } from "../../support/servers/smtp-sink.ts";
import { Site, WebServer } from "./site.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook's receiver, which fails so often before it takes anything. */
async function receiver(failures: number) {
  const taken: Posted[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (more: string) => {
      body += more;
    });
    request.on("end", () => {
      if (refused < failures) {
        refused++;
        response.writeHead(500).end();
      } else {
        taken.push({ headers: request.headers, body });
        response.end("thank you");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, taken, refused: () => refused };
}

async function hangingPort(): Promise<number> {
  const server = createTcpServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => void server.close());
  return (server.address() as AddressInfo).port;
}

test("a rack of 40 dies, and comes back after a restart: two messages by each way, and none of a drain", async () => {
  const [site, rack, other] = [new Site(), new Rack(), await WebServer.start()];
  closing.push(
    () => other.stop(),
    () => site.close(),
    () => rack.stop(),
  );
  await rack.start();
  const sink = await SmtpSink.start();
  closing.push(() => sink.stop());
  const hook = await receiver(2);
  const hanging = await hangingPort();
  site.write("secret", "s3cret of the hook\n");
  // Its own noise is none of ours: one line a call, and what it reads.
  site.write("told", "");
  const program = site.path("tell");
  site.write(
    "tell",
    `#!/bin/sh\nread -r json\necho "$ALERT_EVENT $ALERT_INCIDENT $json" >> ${site.path("told")}\n`,
  );
  (await import("node:fs")).chmodSync(program, 0o755);
  site.write(
    "ldirectord-ng.ini",
    `[table]
backend = embedded
[daemon]
rundir = ${site.folder}
stop-timeout-seconds = 15
[control]
state = ${site.path("state")}
[alert hanging]
to = webhook
url = http://127.0.0.1:${hanging}/
[alert mail]
to = mail
server = 127.0.0.1
port = ${sink.port}
recipients = ops@example.org
[alert hook]
to = webhook
url = http://127.0.0.1:${hook.port}/T0/B0
secret-file = ${site.path("secret")}
[alert page]
to = command
command = ${program}
`,
  );
  site.write(
    "web.cf",
    `checkinterval=1\nchecktimeout=3\nlogfile="${site.logFile}"\nvirtual=127.9.0.1:80\n${rack.reals()}    real=127.0.0.1:${other.port} masq\n    checktype=connect\n`,
  );
  await site.start();
  await site.logged(`Added real server: 127.0.0.1:${other.port} (127.9.0.1:80) (Weight set to 1)`);

  // One is drained, and dies: planned.
  const drained = `${rack.address(0)}:${rack.port}`;
  expect(await site.ctl("drain", drained, "--deadline", "1h")).toMatchObject({ code: 0 });
  await rack.stop(0, 1);
  await site.logged(new RegExp(`^Check failed: ${drained}`));

  await rack.stop(1);
  const posted = () => hook.taken.map(({ body }) => JSON.parse(body) as Notice & { text: string });
  const told = () => site.read("told").split("\n").slice(0, -1);
  await sink.until(1);
  await vi.waitFor(() => expect([posted().length, told().length]).toEqual([1, 1]), {
    timeout: 60_000,
    interval: 50,
  });
  const [opened] = posted();
  expect(opened).toMatchObject({
    version: 1,
    event: "opened",
    alert: "hook",
    severity: "warning",
    shares: { kind: "network", of: "127.1.0.0/24" },
  });
  expect(opened?.title).toMatch(/^Down: \d+ real servers in 127\.1\.0\.0\/24 \(127\.9\.0\.1:80\)$/);
  expect(JSON.stringify(opened)).not.toContain(`"${drained}"`);
  const [first] = hook.taken;
  const signed = createHmac("sha256", "s3cret of the hook")
    .update(`${first?.headers["x-ldirectord-timestamp"]}.${first?.body}`)
    .digest("hex");
  expect(first?.headers["x-ldirectord-signature"]).toBe(`sha256=${signed}`);

  // All of it is down by the log, so that what comes back is all of it.
  for (let i = 1; i < rack.size; i++) {
    await site.logged(new RegExp(`^Check failed: ${rack.address(i).replaceAll(".", "\\.")}:`));
  }
  expect((await site.run(site.cf, "restart")).code).toBe(0);
  await rack.start(1);
  await sink.until(2);
  await vi.waitFor(() => expect([posted().length, told().length]).toEqual([2, 2]), {
    timeout: 60_000,
    interval: 50,
  });
  const [, closed] = posted();
  expect(closed).toMatchObject({ event: "closed", incident: opened?.incident, open: 0 });
  expect(closed?.title).toMatch(/^Over, after .*: \d+ real servers in 127\.1\.0\.0\/24/);
  expect(told().map((line) => line.split(" ")[0])).toEqual(["opened", "closed"]);
  expect(sink.subjects.map((subject) => subject.split(/[:,]/)[0])).toEqual(["Down", "Over"]);
  expect(hook.refused()).toBe(2);

  const shown = await site.ctl("alert");
  expect(shown.stdout).toContain("hook by webhook: 0 incidents open\n");
  expect(shown.stdout).toMatch(/^hanging by webhook: 0 incidents open, 2 messages waiting/m);
  expect(await site.ctl("alert", "page", "--test")).toMatchObject({
    code: 0,
    stdout: "page by command: taken\n",
  });
  expect(told().map((line) => line.split(" ")[0])).toEqual(["opened", "closed", "test"]);
  const everything = site.read("web.log") + shown.stdout;
  expect(everything).not.toContain("s3cret");
  expect(everything).not.toContain("/T0/B0");
  expect((await site.run(site.cf, "stop")).code).toBe(0);
}, 240_000);
