import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadChecks } from "../checks/registry.ts";
import type { Resolver } from "../src/config/resolve.ts";
import { type Daemon, startDaemon } from "../src/daemon.ts";
import { EmbeddedIpvs } from "../src/ipvs/embedded-ipvs.ts";
import type { Ipvs } from "../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import { prepare } from "../src/prepare.ts";
import { type MemoryLog, memoryLog } from "./fakes/memory-log.ts";
import { ScriptedIpvs } from "./fakes/scripted-ipvs.ts";

let folder = "";
let path = "";
let log: MemoryLog;
let daemon: Daemon | undefined;
const checks = await loadChecks();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "daemon-test-"));
  path = join(folder, "web.cf");
  log = memoryLog();
});
afterEach(async () => {
  await daemon?.stop("TERM");
  daemon = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const virtual = (port: number, body: string) =>
  `virtual=127.0.0.1:${port}\n${body.replace(/^/gm, "        ")}\n`;
const write = (text: string) => writeFileSync(path, text);

interface Setting {
  readonly resolver?: Resolver;
  readonly retryReloadMs?: number;
}

async function start(
  ipvs: Ipvs = new EmbeddedIpvs(),
  { resolver, retryReloadMs }: Setting = {},
): Promise<Daemon> {
  const options = resolver === undefined ? {} : { resolver };
  const prepared = await prepare(path, checks, options);
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  daemon = await startDaemon({
    log,
    ipvs,
    prepared,
    prepareAgain: () => prepare(path, checks, options),
    rereadMs: 0,
    ...(retryReloadMs !== undefined && { retryReloadMs }),
  });
  return daemon;
}

/** `real weight` of every row of every service, as the table has it. */
async function table(ipvs: Ipvs): Promise<Record<string, string[]>> {
  const rows = await ipvs.list();
  return Object.fromEntries(
    rows.map(({ service: { key }, dests }) => [
      key.kind === "address" ? formatEndpoint(key.endpoint) : String(key.mark),
      dests.map(({ endpoint, weight }) => `${formatEndpoint(endpoint)} ${weight}`).sort(),
    ]),
  );
}

test("a configuration becomes a table, and a stop leaves nothing of it", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  // Looked at before it is closed.
  let left: unknown;
  const close = ipvs.close.bind(ipvs);
  const list = ipvs.list.bind(ipvs);
  const looking: Ipvs = Object.assign(ipvs, {
    close: () => {
      left = list();
      close();
    },
  });
  const running = await start(looking);
  await running.firstRound();
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5", "127.0.0.3:80 6"] });
  await running.stop("TERM");
  expect(await left).toEqual([]);
  expect(log.lines.at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
});

test("a real server that the table has in use at start is in use still, checked or not", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=off"));
  const ipvs = new EmbeddedIpvs();
  const key = {
    kind: "address",
    protocol: "tcp",
    endpoint: { address: "127.0.0.1", port: 80 },
  } as const;
  await ipvs.apply([
    {
      kind: "add-service",
      service: {
        key,
        scheduler: "wrr",
        schedulerFlags: 0,
        netmask: 0xffffffff,
        isOnePacket: false,
      },
    },
    {
      kind: "add-dest",
      key,
      dest: {
        endpoint: { address: "127.0.0.2", port: 80 },
        forwarding: "masq",
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
      },
    },
  ]);
  await start(ipvs);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });
});

test("a broken file changes nothing and is shown until a good one comes", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  const before = running.snapshot().config;

  write(`${virtual(80, "real=127.0.0.2:80 masq 9\nchecktype=on")}nonsense\n`);
  expect(await running.reload("signal")).toBe(false);
  expect(running.snapshot().config).toBe(before);
  expect(running.snapshot().reloadProblems?.join("\n")).toContain("nonsense");
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });

  write(virtual(80, "real=127.0.0.2:80 masq 9\nchecktype=on"));
  expect(await running.reload("signal")).toBe(true);
  expect(running.snapshot().reloadProblems).toBeUndefined();
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 9"] });
});

test("an edit that came while no name server answered is loaded once one does, and told once", async () => {
  const named = virtual(80, "real=web1.example:80 masq 5\nchecktype=on");
  write(`autoreload=yes\n${virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on")}`);
  const ipvs = new EmbeddedIpvs();
  let lookups = 0;
  const resolver: Resolver = {
    host: async () => (++lookups < 4 ? err("no name server answers") : ok("127.0.0.9")),
    service: async () => err("unused"),
  };
  const running = await start(ipvs, { resolver, retryReloadMs: 5 });
  write(`autoreload=yes\n${named}`);
  expect(await running.reload("file")).toBe(false);
  await expect.poll(() => table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.9:80 5"] });
  expect(log.all("config-kept")).toHaveLength(1);
  expect(log.all("config-reread-late")).toHaveLength(1);
  expect(lookups).toBe(4);
});

test("a no from the name server is a mistake in the file, and is not tried again by itself", async () => {
  const unknown = "no IPv4 address of that name is known";
  const resolver: Resolver = { host: async () => err(unknown), service: async () => err("") };
  write(virtual(80, "real=web1.example:80 masq 5\nchecktype=on"));
  expect(await prepare(path, checks, { resolver })).toMatchObject({ ok: false, mayPass: false });
});

test("a table that cannot be read during a reload leaves the old configuration running", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  const list = ipvs.list.bind(ipvs);
  ipvs.list = () => Promise.reject(new Error("ENOBUFS"));
  write(virtual(81, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  expect(await running.reload("signal")).toBe(false);
  ipvs.list = list;
  expect(Object.keys(await table(ipvs))).toEqual(["127.0.0.1:80"]);
  expect(await running.reload("signal")).toBe(true);
  expect(Object.keys(await table(ipvs))).toEqual(["127.0.0.1:81"]);
});

test("a reload asks the kernel for what changed, and reads only services that are new", async () => {
  const first = "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on";
  write(virtual(80, first));
  const ipvs = new ScriptedIpvs(new EmbeddedIpvs());
  const running = await start(ipvs);
  await running.firstRound();
  const asked = () => [ipvs.ops.length, ipvs.lists];
  const [ops = 0, lists = 0] = asked();

  await running.reload("signal");
  expect(asked()).toEqual([ops, lists]);

  write(virtual(80, first.replace("masq 5", "masq 7")));
  await running.reload("signal");
  expect(asked()).toEqual([ops + 1, lists]);
  expect(await table(ipvs.table)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 7", "127.0.0.3:80 6"] });

  write(virtual(80, first.replace("masq 5", "masq 7")) + virtual(81, "checktype=on"));
  await running.reload("signal");
  expect(asked()).toEqual([ops + 2, lists + 1]);
});

test("a service that a reload adds and the table has already keeps its traffic", async () => {
  write(virtual(80, "checktype=on"));
  const ipvs = new ScriptedIpvs(new EmbeddedIpvs());
  const running = await start(ipvs);
  const before = { kind: "address", protocol: "tcp" } as const;
  const key = { ...before, endpoint: { address: "127.0.0.1", port: 81 } };
  const row = { forwarding: "masq", weight: 5, upperThreshold: 0, lowerThreshold: 0 } as const;
  const dest = { ...row, endpoint: { address: "127.0.0.2", port: 80 } };
  const service = { scheduler: "wrr", schedulerFlags: 0, netmask: 0xffffffff, isOnePacket: false };
  await ipvs.table.apply([
    { kind: "add-service", service: { key, ...service } },
    { kind: "add-dest", key, dest },
  ]);
  ipvs.ops = [];
  write(virtual(80, "checktype=on") + virtual(81, "real=127.0.0.2:80 masq 5\nchecktype=off"));
  await running.reload("signal");
  expect(ipvs.ops).toEqual([]);
});

test("many wishes to reload during one are one more", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const running = await start();
  await Promise.all(Array.from({ length: 20 }, () => running.reload("signal")));
  expect(log.all("reload-signal")).toHaveLength(2);
});

test("a reload that is under way when the end comes changes nothing any more", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const running = await start();
  write(virtual(81, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const reloaded = running.reload("signal");
  await running.stop("TERM");
  expect(await reloaded).toBe(false);
  expect(log.lines).not.toContain("Added virtual server: 127.0.0.1:81");
  expect(log.lines.at(-1)).toBe("Linux Director Daemon terminated on signal: TERM");
});

test("what a check has against its settings is told like any other mistake", async () => {
  write(virtual(80, 'real=127.0.0.2:80 masq 5\nservice=http\nreceive="(unclosed"'));
  const prepared = await prepare(path, checks);
  expect(prepared.ok).toBe(false);
  expect(prepared.ok ? [] : prepared.problems.map(({ text }) => text)).toEqual([
    expect.stringMatching(/web\.cf:1:1: .*receive/),
  ]);
});
