/** `[checks] threads`: the built daemon with a thread that checks. */
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { probeThreads } from "../../../src/daemon/probe-threads.ts";
import { plan } from "../../../src/health/plan.ts";
import { Supervisor } from "../../../src/health/supervisor.ts";
import type { Line } from "../../../src/health/threads/host.ts";
import { realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { listen } from "../../support/servers/scripted.ts";
import { Site, WebServer } from "./site.ts";

const program = new URL("../../../dist/src/probe-thread.js", import.meta.url);

let site: Site;
let web: WebServer;
beforeEach(async () => {
  site = new Site();
  web = await WebServer.start();
  site.write(
    "ldirectord-ng.ini",
    `[table]
backend = embedded
[daemon]
rundir = ${site.folder}
stop-timeout-seconds = 5
[checks]
threads = 1
[control]
socket = ${site.path("control.sock")}
state = ${site.folder}
`,
  );
});
afterEach(async () => {
  await web.stop();
  await site.close();
});

const file = (more = "") => `logfile="${site.logFile}"
checkinterval=1
checktimeout=2
quiescent=no
virtual=127.0.0.1:8099
        real=127.0.0.1:${web.port} masq
        service=http
        request="/"
        receive="Welcome"
${more}`;

test("a daemon whose checks are a thread's: a server dies and is out, a reload brings another, stop ends it", async () => {
  site.write("web.cf", file());
  await site.start();
  await site.logged("Threads that check beside the main one: 1, before: 0 ([checks] threads)");
  await site.logged(`Added real server: 127.0.0.1:${web.port} (127.0.0.1:8099) (Weight set to 1)`);
  await vi.waitFor(async () => {
    expect((await site.ctl("status")).stdout).toContain(
      "threads that check beside the main one: 1",
    );
  }, 20_000);
  const other = await WebServer.start();
  try {
    site.write("web.cf", file(`        real=127.0.0.1:${other.port} masq 5\n`));
    expect(await site.run(site.cf, "reload")).toMatchObject({ code: 0 });
    await site.logged(
      `Added real server: 127.0.0.1:${other.port} (127.0.0.1:8099) (Weight set to 5)`,
    );
    await web.stop();
    await site.logged(`Deleted real server: 127.0.0.1:${web.port} (127.0.0.1:8099)`);
  } finally {
    await other.stop();
  }
  expect(await site.run(site.cf, "stop")).toMatchObject({ code: 0 });
  await site.logged(/^Linux Director Daemon terminated/);
  expect(site.read("web.log")).not.toMatch(/internal|lost/i);
});

test("a real thread that is ended in the middle of its work takes nobody with it", async () => {
  const lines: Line[] = [];
  const threads = probeThreads({ threads: 1, engine: "native" }, program);
  if (threads === undefined) throw new Error("no threads");
  const servers: Server[] = [];
  const answering = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nWelcome\n"));
  });
  let closed = 0;
  const silent = createServer((socket) => {
    socket.on("error", () => {}).resume();
    socket.on("close", () => closed++);
  });
  servers.push(answering, silent);
  const reals = await Promise.all(servers.map((server) => listen(server, "127.0.0.1")));
  const service = virtualService(
    tcp("10.0.0.1:80"),
    reals.map(({ port }) => realServer(`127.0.0.1:${port}`)),
    { checkIntervalMs: 200, negotiateTimeoutMs: 60_000, request: "/", receive: "Welcome" },
  );
  const specs = plan({ virtuals: [service] }, await loadChecks());
  if (!specs.ok) throw new Error(JSON.stringify(specs.error));

  const log = memoryLog();
  let verdicts = 0;
  let asked = 0;
  let sayThere = () => {};
  const isThere = new Promise<void>((resolve) => {
    sayThere = resolve;
  });
  const open: typeof threads.open = ({ onAnswers, onEnd }) => {
    const line = threads.open({
      onEnd,
      onAnswers: (answers) => {
        onAnswers(answers);
        sayThere();
      },
    });
    lines.push(line);
    const post: Line["post"] = (orders) => {
      asked += orders.ask.length;
      line.post(orders);
    };
    return { ...line, post };
  };
  const health = new Supervisor({
    ...{ log, onChange: () => {}, threads: { ...threads, open } },
    onVerdict: () => {
      verdicts++;
    },
  });
  try {
    await isThere;
    health.replace(specs.value, () => undefined);
    // The silent one is under way all the time.
    await vi.waitFor(() => {
      expect(verdicts).toBeGreaterThan(1);
      expect(asked).toBeGreaterThan(2);
      expect(health.statistics().underWay).toBeGreaterThan(0);
    }, 20_000);
    lines[0]?.close(false);
    expect(Number((await log.until("probe-thread-lost")).runs)).toBeGreaterThan(0);
    const before = verdicts;
    await vi.waitFor(() => expect(verdicts).toBeGreaterThan(before + 2), 20_000);
    expect(health.statistics().threads).toBe(0);
    // What it had open towards the silent one; the main thread has one again.
    await vi.waitFor(() => expect(closed).toBeGreaterThan(0), 20_000);
    const [real = realServer("127.0.0.1:1").endpoint] = reals;
    expect(health.health("tcp:10.0.0.1:80", real).state).toBe("up");
  } finally {
    await health.stop();
    for (const server of servers) server.close();
  }
});

test("a thread that cannot be started is told, and all is checked by the main one", async () => {
  const missing = new URL(`file://${fileURLToPath(program)}.missing`);
  const threads = probeThreads({ threads: 1, engine: "native" }, missing);
  const log = memoryLog();
  const health = new Supervisor({ log, onChange: () => {}, threads });
  try {
    expect(await log.until("probe-thread-lost")).toMatchObject({ runs: 0, seconds: 60 });
    expect(health.statistics().threads).toBe(0);
  } finally {
    await health.stop();
  }
});

test("threads = 0 is none, whatever the load", () => {
  expect(probeThreads({ threads: 0, engine: "native" }, program)).toBeUndefined();
  expect(probeThreads({ threads: "auto", engine: "native" }, undefined)).toBeUndefined();
});
