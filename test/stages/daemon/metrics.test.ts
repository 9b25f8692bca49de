/** [metrics] as an operator has it: switched on, off and moved by reloads, at odds with nothing that the log says. */
import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Site, WebServer } from "./site.ts";

let site: Site;
let web: WebServer;
let ini = "";

beforeEach(async () => {
  site = new Site();
  web = await WebServer.start();
  ini = site.read("ldirectord-ng.ini");
  site.write(
    "web.cf",
    `logfile="${site.logFile}"
checkinterval=1
checktimeout=2
failurecount=2
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
});

const metrics = (...keys: readonly string[]) =>
  site.write("ldirectord-ng.ini", `${ini}[metrics]\n${keys.join("\n")}\n`);

async function ask(place: string): Promise<string | undefined> {
  const answer = await fetch(`http://${place}/metrics`).catch(() => undefined);
  return answer?.ok === true ? answer.text() : undefined;
}

/** Where the daemon has said that they are. */
async function place(): Promise<string> {
  const opened = /^To be seen at (\S+)$/;
  const lines = await site.logged(opened);
  return lines.flatMap((line) => opened.exec(line)?.[1] ?? [])[0] ?? "";
}

const value = (text: string | undefined, name: string): number =>
  Number(
    text
      ?.split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length),
  );

test("what the log has told is what is counted, from the first line on", async () => {
  metrics("listen = 127.0.0.1:0");
  await site.start();
  const at = await place();
  await site.logged(/^Added real server/);
  await web.stop();
  await site.logged(/^Deleted real server/);
  const mark = site.lines().length;
  await web.start();
  await site.logged(/^Added real server/, mark);
  const told = (pattern: RegExp) => site.lines().filter((line) => pattern.test(line)).length;
  const counted = (text: string | undefined, event: string, severity: string) =>
    value(text, `ldirectord_events_total{event="${event}",severity="${severity}"}`);
  // What is shown may be a second old.
  await expect
    .poll(async () => counted(await ask(at), "real-added", "notice"), { timeout: 10_000 })
    .toBe(2);
  const text = await ask(at);
  expect(counted(text, "virtual-added", "notice")).toBe(told(/^Added virtual server/));
  expect(counted(text, "real-added", "notice")).toBe(told(/^Added real server/));
  expect(counted(text, "real-deleted", "warning")).toBe(told(/^Deleted real server/));
  expect(counted(text, "soft-failure", "warning")).toBe(told(/^Soft failure/));
  expect(counted(text, "real-failed", "info")).toBe(told(/^Check failed/));
  const service = 'service="tcp:127.0.0.1:8099"';
  expect(value(text, `ldirectord_service_failures_total{${service}}`)).toBe(told(/^Check failed/));
  expect(value(text, `ldirectord_service_soft_failures_total{${service}}`)).toBe(
    told(/^Soft failure/),
  );
});

test("a reload switches them on and off; a port that is taken ends nothing, and is had when it is free", async () => {
  await site.start();
  const other = createServer();
  const port = await new Promise<number>((resolve) => {
    other.listen(0, "127.0.0.1", () => {
      const address = other.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  try {
    metrics(`listen = 127.0.0.1:${port}`);
    expect((await site.run("web.cf", "reload")).code).toBe(0);
    await site.logged(/^Nothing to be seen at 127\.0\.0\.1:\d+: listen EADDRINUSE/);
    expect((await site.run("web.cf", "status")).code).toBe(0);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
  expect(await place()).toBe(`127.0.0.1:${port}`);
  expect(await ask(`127.0.0.1:${port}`)).toContain("ldirectord_server_up{");
  site.write("ldirectord-ng.ini", ini);
  expect((await site.run("web.cf", "reload")).code).toBe(0);
  await expect.poll(() => ask(`127.0.0.1:${port}`), { timeout: 10_000 }).toBeUndefined();
}, 60_000);

test("a place that is open to others and has no token is refused, with its line", async () => {
  metrics("listen = 0.0.0.0:9160");
  const { code, stderr } = await site.run("web.cf", "start");
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/ldirectord-ng\.ini:\d+:1: listen: .*wants a token/);
});
