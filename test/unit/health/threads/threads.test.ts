/** Threads that ask real servers on loopback; here they are in this thread, behind a channel that clones what it carries. */

import { MessageChannel } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { demandingTls } from "../../../../checks/lib/stream/demand-tls.ts";
import { loadChecks } from "../../../../checks/registry.ts";
import { type MonitorSpec, plan } from "../../../../src/health/plan.ts";
import { Supervisor } from "../../../../src/health/supervisor.ts";
import type { Line, OpenLine } from "../../../../src/health/threads/host.ts";
import type { Answers, Orders } from "../../../../src/health/threads/messages.ts";
import { AskingThread } from "../../../../src/health/threads/thread.ts";
import { formatEndpoint } from "../../../../src/model/address.ts";
import { Secret } from "../../../../src/model/secret.ts";
import type { VirtualService } from "../../../../src/model/virtual-service.ts";
import { realServer, tcp, virtualService } from "../../../support/builders.ts";
import { type MemoryLog, memoryLog } from "../../../support/fakes/memory-log.ts";
import * as servers from "../../../support/servers/scripted.ts";

const checks = await loadChecks();

interface Opened {
  /** All that was sent to it. */
  readonly orders: Orders[];
  /** It has said that it is there. */
  readonly isThere: Promise<void>;
  /** It ends, as a thread does that has met a bug. */
  readonly die: (cause: string) => void;
}
let opened: Opened[];
let log: MemoryLog;
let health: Supervisor | undefined;
const scripted: servers.ScriptedServer[] = [];

beforeEach(() => {
  opened = [];
  log = memoryLog();
});
afterEach(async () => {
  await health?.stop();
  health = undefined;
  await Promise.all(scripted.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

const open: OpenLine = ({ onAnswers, onEnd }): Line => {
  const { port1: ours, port2: theirs } = new MessageChannel();
  const thread = new AskingThread(checks, (answers) => theirs.postMessage(answers));
  const orders: Orders[] = [];
  theirs.on("message", (each: Orders) => thread.obey(each));
  const isThere = new Promise<void>((resolve) => {
    ours.on("message", (answers: Answers) => {
      onAnswers(answers);
      resolve();
    });
  });
  const close = () => {
    thread.stop();
    ours.close();
  };
  const die = (cause: string) => {
    close();
    onEnd(cause);
  };
  opened.push({ orders, isThere, die });
  return {
    post: (each) => {
      orders.push(each);
      ours.postMessage(each);
    },
    busy: () => 0,
    close,
  };
};

/** @param threads that ask; 0: this one alone */
function watch(
  specs: readonly MonitorSpec[],
  threads: number,
  onVerdict = (_id: string) => {},
): Supervisor {
  health = new Supervisor({
    log,
    onChange: () => {},
    onVerdict: ({ id }) => onVerdict(id),
    ...(threads > 0 && { threads: { wanted: threads, most: threads, open, busy: () => 0 } }),
  });
  health.replace(specs, () => undefined);
  return health;
}

/** Once a thread is there, so that nothing is asked by the main one. */
async function watchInThread(
  specs: readonly MonitorSpec[],
  onVerdict?: (id: string) => void,
): Promise<Supervisor> {
  const supervisor = watch([], 1, onVerdict);
  await opened[0]?.isThere;
  supervisor.replace(specs, () => undefined);
  return supervisor;
}

function planned(
  virtuals: readonly VirtualService[],
  demandTls: readonly string[] = [],
): readonly MonitorSpec[] {
  const specs = plan({ virtuals }, demandingTls(checks, demandTls));
  if (!specs.ok) throw new Error(JSON.stringify(specs.error));
  return specs.value;
}

async function serving(server: Promise<servers.ScriptedServer>): Promise<string> {
  const it = await server;
  scripted.push(it);
  return formatEndpoint(it.endpoint);
}

const page = "HTTP/1.1 200 OK\r\nServer: scripted\r\nContent-Length: 8\r\n\r\nWelcome\n";
const quick = { negotiateTimeoutMs: 400, checkTimeoutMs: 400, checkIntervalMs: 200 };
const http = (reals: readonly string[], more: Partial<VirtualService> = {}): VirtualService =>
  virtualService(
    tcp("10.0.0.1:80"),
    reals.map((real) => realServer(real)),
    {
      ...quick,
      request: "/",
      receive: "Welcome",
      ...more,
    },
  );

/** Each server's first verdict, as it is kept: without how long it took. A busy machine may excuse runs before it. */
function wordsOf(supervisor: Supervisor, specs: readonly MonitorSpec[]) {
  const asked = specs.filter(({ source }) => source.kind === "probe");
  return asked.map(({ id, serviceId, real }) => {
    const monitor = supervisor.monitor(serviceId, real);
    const results = monitor === undefined ? [] : supervisor.results(monitor);
    const first = results.findLast(({ kind }) => kind === "verdict");
    if (first === undefined) throw new Error(`no verdict on ${id}`);
    const { at: _at, durationMs: _ms, ...word } = first;
    return word;
  });
}

test("what servers of all kinds come to is the same with a thread and without, to the last word", async () => {
  const at = "127.0.0.1";
  const web = [
    servers.answering(at, page),
    servers.answering(at, page, { chunkBytes: 3 }),
    servers.answering(at, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    servers.answering(at, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    servers.answering(at, "SSH-2.0-OpenSSH_9.2\r\n"),
    servers.refusing(at),
    servers.silent(at),
    servers.closing(at),
    servers.trickling(at),
    servers.endless(at),
  ];
  const reals = await Promise.all(web.map(serving));
  const [good = "", , , , , , silent = ""] = reals;
  const virtuals = [
    http(reals),
    http(reals, { key: tcp("10.0.0.2:80"), checkType: "connect" }),
    http([good, silent], { key: tcp("10.0.0.3:443"), service: "https" }),
    http([good, silent], {
      ...{ key: tcp("10.0.0.4:110"), service: "pop", login: "probe" },
      passwd: new Secret("not to be seen"),
    }),
    http([good, silent], { key: tcp("10.0.0.5:80"), checkType: { turns: 2 } }),
    http([await serving(servers.answering(at, "N"))], {
      ...{ key: tcp("10.0.0.6:5432"), service: "pgsql", login: "probe", database: "shop" },
      passwd: new Secret("not to be seen"),
    }),
  ];
  // Time enough for who answers, on a busy machine too; and no second run before that is over.
  const patient = { negotiateTimeoutMs: 3000, checkTimeoutMs: 3000, checkIntervalMs: 10_000 };
  const specs = planned(
    virtuals.map((virtual) => ({ ...virtual, ...patient })),
    ["pgsql"],
  );
  const without = watch(specs, 0);
  const expected = await vi.waitFor(() => wordsOf(without, specs), 20_000);
  await without.stop();

  const supervisor = await watchInThread(specs);
  const words = await vi.waitFor(() => wordsOf(supervisor, specs), 20_000);
  expect(words).toEqual(expected);
  expect(opened[0]?.orders.reduce((sum, { learn }) => sum + learn.length, 0)).toBe(
    supervisor.statistics().probes,
  );
  expect(log.all("internal-error")).toEqual([]);
}, 60_000);

test("a password crosses to the thread, which says it to the server and to nobody else", async () => {
  const said: string[] = [];
  const answer = { onRequest: (text: string) => said.push(text) };
  const real = await serving(servers.answering("127.0.0.1", "-ERR no\r\n", answer));
  const login = { service: "redis", passwd: new Secret("open sesame") };
  const supervisor = await watchInThread(planned([http([real], login)]));
  await supervisor.firstRound();
  expect(said.join()).toContain("open sesame");
  expect(JSON.stringify(log.events)).not.toContain("open sesame");
});

test("what comes again is told in short, and counts as it did", async () => {
  let verdicts = 0;
  const real = await serving(servers.answering("127.0.0.1", page));
  const supervisor = await watchInThread(planned([http([real])]), () => verdicts++);
  await vi.waitFor(() => expect(verdicts).toBeGreaterThan(3), 20_000);
  expect(supervisor.health("tcp:10.0.0.1:80", realServer(real).endpoint).state).toBe("up");
  const asked = opened[0]?.orders.map(({ learn, ask }) => [learn.length, ask.length]) ?? [];
  // It is taught once, and asked each time.
  expect(asked.filter(([learn]) => learn === 1)).toHaveLength(1);
  expect(asked.filter(([, ask = 0]) => ask > 0).length).toBeGreaterThan(3);
});

test("a thread that is lost takes no server with it: it is told, and they are asked by the main one", async () => {
  let verdicts = 0;
  const [good, silent] = [
    await serving(servers.answering("127.0.0.1", page)),
    await serving(servers.silent("127.0.0.1")),
  ];
  const specs = planned([
    http([good]),
    http([silent], { key: tcp("10.0.0.2:80"), negotiateTimeoutMs: 5000 }),
  ]);
  const supervisor = await watchInThread(specs, () => verdicts++);
  await vi.waitFor(() => {
    expect(verdicts).toBeGreaterThan(0);
    expect(supervisor.statistics().underWay).toBeGreaterThan(0);
  }, 20_000);
  opened[0]?.die("a bug");
  const { runs } = log.all("probe-thread-lost")[0] ?? {};
  expect(Number(runs)).toBeGreaterThan(0);
  expect(supervisor.statistics().threads).toBe(0);
  const before = verdicts;
  await vi.waitFor(() => expect(verdicts).toBeGreaterThan(before + 3), 20_000);
  expect(supervisor.health("tcp:10.0.0.1:80", realServer(good).endpoint)).toEqual({
    state: "up",
    failures: 0,
  });
  // Its time begins anew, and is over when it is over.
  await vi.waitFor(() => {
    expect(supervisor.health("tcp:10.0.0.2:80", realServer(silent).endpoint).state).toBe("down");
  }, 20_000);
  expect(supervisor.localFaults()).toEqual([]);
  expect(opened).toHaveLength(1);
}, 60_000);

test("a probe that is gone is forgotten by the thread, and one that is there again is taught anew", async () => {
  let verdicts = 0;
  const real = await serving(servers.answering("127.0.0.1", page));
  const specs = planned([http([real])]);
  const supervisor = await watchInThread(specs, () => verdicts++);
  await vi.waitFor(() => expect(verdicts).toBeGreaterThan(0), 20_000);
  supervisor.replace([], () => undefined);
  supervisor.replace(specs, () => undefined);
  const before = verdicts;
  await vi.waitFor(() => expect(verdicts).toBeGreaterThan(before), 20_000);
  const orders = opened[0]?.orders ?? [];
  expect(orders.flatMap(({ forget }) => forget)).toEqual([1]);
  expect(orders.flatMap(({ learn }) => learn.map(({ probe }) => probe))).toEqual([1, 2]);
});

test("who stops waits for no silent server: its runs are cut short in the thread", async () => {
  const real = await serving(servers.silent("127.0.0.1"));
  const supervisor = await watchInThread(planned([http([real], { negotiateTimeoutMs: 600_000 })]));
  await vi.waitFor(() => expect(supervisor.statistics().underWay).toBe(1), 20_000);
  await supervisor.stop();
  expect(supervisor.statistics()).toMatchObject({ underWay: 0, cutShort: 1, abandoned: 0 });
  expect(opened[0]?.orders.flatMap(({ cut }) => cut)).toHaveLength(1);
});

test("programs and pings are of the main thread", async () => {
  const specs = planned([
    http(["127.0.0.1:9"], { checkType: "ping" }),
    http(["127.0.0.1:9"], { key: tcp("10.0.0.2:80"), checkType: "external" }),
  ]);
  const supervisor = await watchInThread(specs);
  await supervisor.firstRound();
  expect(opened[0]?.orders).toEqual([]);
});
