import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { NameMemory } from "../../../src/config/names/memory.ts";
import type { Resolver } from "../../../src/config/names/resolve.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/daemon.ts";
import { prepare } from "../../../src/daemon/prepare.ts";
import { NetlinkError } from "../../../src/errors.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { Ipvs } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { err, ok } from "../../../src/model/result.ts";
import { serverRow, serviceRow, tcp } from "../../support/builders.ts";
import { type MemoryLog, memoryLog } from "../../support/fakes/memory-log.ts";
import { ScriptedIpvs } from "../../support/fakes/scripted-ipvs.ts";

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
const writeIni = (text: string) => writeFileSync(join(folder, "ldirectord-ng.ini"), text);

interface Setting {
  readonly resolver?: Resolver;
  readonly retryReloadMs?: number;
  readonly settleMs?: number;
  readonly retryNamesMs?: number;
  readonly onConfig?: () => void;
}

async function start(
  ipvs: Ipvs = new EmbeddedIpvs(),
  { resolver, ...more }: Setting = {},
): Promise<Daemon> {
  const memory = new NameMemory();
  const options = { memory, ...(resolver !== undefined && { resolver }) };
  const prepared = await prepare(path, checks, options);
  if (!prepared.ok) throw new Error(prepared.problems.map(({ text }) => text).join("\n"));
  daemon = await startDaemon({
    log,
    ipvs,
    prepared,
    prepareAgain: () => prepare(path, checks, options),
    rereadMs: 0,
    ...more,
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
  const key = tcp("127.0.0.1:80");
  await ipvs.apply([
    { kind: "add-service", service: serviceRow(key) },
    { kind: "add-dest", key, dest: serverRow("127.0.0.2:80", { forwarding: "masq" }) },
  ]);
  await start(ipvs);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });
});

test("a broken file changes nothing and is shown until a good one comes", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  const before = (await running.snapshot()).services;

  write(`${virtual(80, "real=127.0.0.2:80 masq 9\nchecktype=on")}nonsense\n`);
  expect(await running.reload("signal")).toBe(false);
  expect((await running.snapshot()).services).toEqual(before);
  expect((await running.snapshot()).reload?.problems.join("\n")).toContain("nonsense");
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });

  write(virtual(80, "real=127.0.0.2:80 masq 9\nchecktype=on"));
  expect(await running.reload("signal")).toBe(true);
  expect((await running.snapshot()).reload).toMatchObject({ worked: true, problems: [] });
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 9"] });
});

/** Knows what `addresses` has; a test may change it meanwhile. */
const names = (addresses: Record<string, string>): Resolver => ({
  host: async (name) => {
    const address = addresses[name];
    return address === undefined ? err("no name server answers") : ok(address);
  },
  service: async () => err("unused"),
});
const warningsAbout = (name: string) =>
  log.all("config-warning").filter(({ text }) => text.includes(`"${name}"`));

test("a name that cannot be looked up costs its server alone, and it joins when it can be", async () => {
  write(
    virtual(80, "real=127.0.0.2:80 masq 5\nreal=web1.example:80 masq 6\nchecktype=on") +
      virtual(81, "real=127.0.0.3:80 masq 7\nfallback=sorry.example:80 masq\nchecktype=on") +
      "virtual=vip.example:82\n    real=127.0.0.4:80 masq 8\n    checktype=on\n",
  );
  const ipvs = new EmbeddedIpvs();
  const known: Record<string, string> = {};
  const running = await start(ipvs, { resolver: names(known), retryNamesMs: 5 });
  const first = { "127.0.0.1:80": ["127.0.0.2:80 5"], "127.0.0.1:81": ["127.0.0.3:80 7"] };
  await expect.poll(() => table(ipvs)).toEqual(first);

  known["web1.example"] = "127.0.0.9";
  await expect
    .poll(() => table(ipvs))
    .toEqual({ ...first, "127.0.0.1:80": ["127.0.0.2:80 5", "127.0.0.9:80 6"] });
  known["vip.example"] = "127.0.0.8";
  await expect.poll(async () => (await table(ipvs))["127.0.0.8:82"]).toEqual(["127.0.0.4:80 8"]);
  known["sorry.example"] = "127.0.0.7";
  await expect
    .poll(async () => (await running.snapshot()).services[1]?.servers[1]?.endpoint.address)
    .toBe("127.0.0.7");
  expect(log.all("config-reread-late").length).toBe(3);
  // What is still so has been told by the start.
  expect(log.all("config-warning")).toEqual([]);
});

test("the same names without an answer, tried again: nothing is told, nothing changes", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nreal=web1.example:80 masq 6\nchecktype=on"));
  let lookups = 0;
  const resolver: Resolver = {
    host: async () => {
      lookups++;
      return err("no name server answers");
    },
    service: async () => err("unused"),
  };
  const ipvs = new ScriptedIpvs(new EmbeddedIpvs());
  const running = await start(ipvs, { resolver, retryNamesMs: 1 });
  await running.firstRound();
  const [ops, lines] = [ipvs.ops.length, log.lines.length];
  const before = lookups;
  await expect.poll(() => lookups).toBeGreaterThan(before + 3);
  expect([ipvs.ops.length, log.lines.length]).toEqual([ops, lines]);
});

test("a name that had an address keeps it at a reload that finds none", async () => {
  write(virtual(80, "real=web1.example:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const known: Record<string, string> = { "web1.example": "127.0.0.9" };
  const running = await start(ipvs, { resolver: names(known), retryNamesMs: 5 });
  delete known["web1.example"];
  write(virtual(80, "real=web1.example:80 masq 5\nreal=127.0.0.2:80 masq 6\nchecktype=on"));
  expect(await running.reload("signal")).toBe(true);
  await expect
    .poll(() => table(ipvs))
    .toEqual({ "127.0.0.1:80": ["127.0.0.2:80 6", "127.0.0.9:80 5"] });
  expect(
    warningsAbout("web1.example")
      .map(({ text }) => text)
      .join(),
  ).toContain("its last address 127.0.0.9 stays in use");
  // Found anew, with another address.
  known["web1.example"] = "127.0.0.10";
  await expect
    .poll(() => table(ipvs))
    .toEqual({ "127.0.0.1:80": ["127.0.0.10:80 5", "127.0.0.2:80 6"] });
});

// With autoreload=no an edit waits for its HUP, whatever is looked up meanwhile.
test("names are tried again with the text that runs, not with an edit nobody has asked for", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nreal=web1.example:80 masq 6\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const known: Record<string, string> = {};
  await start(ipvs, { resolver: names(known), retryNamesMs: 5 });
  write(virtual(80, "real=127.0.0.3:80 masq 5\nchecktype=on"));
  known["web1.example"] = "127.0.0.9";
  await expect
    .poll(() => table(ipvs))
    .toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5", "127.0.0.9:80 6"] });
});

test.for([
  [true, "start\nstop\n"],
  [undefined, "start\n"],
] as const)(
  "a fallbackcommand whose last word was start is told stop at the end, if that is asked for (%s)",
  async ([saysStopAtEnd, said]) => {
    const calls = join(folder, "calls");
    const command = join(folder, "sorry");
    writeFileSync(command, `#!/bin/sh\necho $1 >>${calls}\n`, { mode: 0o755 });
    const lines = (port: number, more = "") =>
      virtual(port, `fallback=127.0.0.1:80\n${more}fallbackcommand=${command}\nchecktype=on`);
    write(lines(80) + lines(81, "real=127.0.0.2:81 masq\n"));
    if (saysStopAtEnd) writeIni("[daemon]\nfallbackcommand-at-stop = yes\n");
    const running = await start(new EmbeddedIpvs());
    await running.firstRound();
    await expect.poll(() => existsSync(calls)).toBe(true);
    await running.stop("TERM");
    expect(readFileSync(calls, "utf8").replaceAll("stop\nstart", "start\nstop")).toContain(said);
  },
);

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

test("what fails before a reload has changed anything is told as that: what runs goes on", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  write(virtual(81, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const list = ipvs.list.bind(ipvs);
  ipvs.list = () => Promise.reject(new Error("ENOBUFS"));
  expect(await running.reload("signal")).toBe(false);
  ipvs.list = list;
  expect(log.all("config-kept")).toEqual([{ path }]);
  expect(log.all("internal-error")).toEqual([]);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });
});

test("what fails after that is told as what it is: the new configuration runs, all else of it", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  let isBroken = true;
  const onConfig = () => {
    if (isBroken) throw new Error("a bug of ours");
  };
  const running = await start(ipvs, { onConfig });
  write(virtual(81, "real=127.0.0.2:80 masq 6\nchecktype=on"));
  expect(await running.reload("signal")).toBe(true);
  expect(log.all("config-kept")).toEqual([]);
  expect(log.all("internal-error")).toEqual([
    { stack: expect.stringMatching(/a bug of ours\n.*onConfig/) },
  ]);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:81": ["127.0.0.2:80 6"] });
  expect((await running.snapshot()).reload).toMatchObject({
    worked: true,
    problems: ["a bug of ours"],
  });

  isBroken = false;
  expect(await running.reload("signal")).toBe(true);
  expect((await running.snapshot()).reload).toMatchObject({ worked: true, problems: [] });
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
  const key = tcp("127.0.0.1:81");
  await ipvs.table.apply([
    { kind: "add-service", service: serviceRow(key) },
    { kind: "add-dest", key, dest: serverRow("127.0.0.2:80", { forwarding: "masq", weight: 5 }) },
  ]);
  ipvs.ops = [];
  write(virtual(80, "checktype=on") + virtual(81, "real=127.0.0.2:80 masq 5\nchecktype=off"));
  await running.reload("signal");
  expect(ipvs.ops).toEqual([]);
});

const pair = (weight: number) =>
  `autoreload=yes\n${[80, 81].map((port) => virtual(port, `real=127.0.0.2:80 masq ${weight}\nchecktype=on`)).join("")}`;

test("an automatic reload leaves a file alone that would empty the table, told once; an order does not", async () => {
  write(pair(5));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs, { retryReloadMs: 5 });
  const before = await table(ipvs);
  write("");
  expect(await running.reload("file")).toBe(false);
  for (let i = 0; i < 3; i++) expect(await running.reload("again")).toBe(false);
  expect(await table(ipvs)).toEqual(before);
  expect(log.all("config-kept")).toHaveLength(1);
  expect(log.lines).toContainEqual(
    expect.stringMatching(/web\.cf is left alone.*names no virtual service.*ldirectord .* reload$/),
  );
  expect((await running.snapshot()).reload?.problems).toHaveLength(1);
  expect((await running.snapshot()).isAutoreload).toBe(true);

  expect(await running.reload("signal")).toBe(true);
  expect(await table(ipvs)).toEqual({});
  expect(log.all("config-emptied")).toEqual([{ path, services: 2 }]);
});

test("a file that was left alone is taken up by itself once nothing speaks against it", async () => {
  write(`autoreload=yes\n${virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on")}`);
  const maintained = join(folder, "maintenance");
  mkdirSync(maintained);
  const ipvs = new EmbeddedIpvs();
  const globals = `autoreload=yes\nmaintenancedir=${maintained}\n`;
  write(globals + virtual(80, "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 5\nchecktype=on"));
  writeFileSync(join(maintained, "127.0.0.3"), "");
  const running = await start(ipvs, { retryReloadMs: 5, settleMs: 5 });
  write(globals + virtual(80, "real=127.0.0.3:80 masq 5\nchecktype=on"));
  expect(await running.reload("file")).toBe(false);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });
  rmSync(join(maintained, "127.0.0.3"));
  await expect
    .poll(() => table(ipvs), { timeout: 5_000 })
    .toEqual({ "127.0.0.1:80": ["127.0.0.3:80 5"] });
  expect(log.all("config-kept")).toHaveLength(1);
});

test("what takes something away is taken up when the file has been as it is for a while", async () => {
  write(pair(5));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs, { settleMs: 5 });
  const one = `autoreload=yes\n${virtual(80, "real=127.0.0.2:80 masq 7\nchecktype=on")}`;
  write(one);
  expect(await running.reload("file")).toBe(false);
  // The rest of it comes, in time.
  write(pair(7));
  expect(await running.reload("settled")).toBe(false);
  expect(await running.reload("file")).toBe(true);
  const both = { "127.0.0.1:80": ["127.0.0.2:80 7"], "127.0.0.1:81": ["127.0.0.2:80 7"] };
  expect(await table(ipvs)).toEqual(both);
  write(one);
  expect(await running.reload("file")).toBe(false);
  await expect.poll(() => table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 7"] });
  expect(log.all("config-kept")).toEqual([]);
});

test("an operator's word is not lost among the wishes of the watch", async () => {
  write(pair(5));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  write("");
  const wishes = [running.reload("file"), running.reload("file"), running.reload("signal")];
  expect(await Promise.all([...wishes, running.reload("again")])).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect(await table(ipvs)).toEqual({});
});

test("a scheduler's name that the kernel has no place for is that service's trouble alone, at start too", async () => {
  const good = virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on");
  const bad = "real=127.0.0.2:80 masq 5\nchecktype=on\nscheduler=leastconnections";
  write(good + virtual(81, bad));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });
  write(good.replace("masq 5", "masq 6") + virtual(81, bad) + virtual(82, "checktype=on"));
  expect(await running.reload("signal")).toBe(true);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 6"], "127.0.0.1:82": [] });
  expect(log.all("table-change-failed")).toHaveLength(1);
});

test("a new service that the kernel can not even be asked for refuses no reload", async () => {
  write(virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on"));
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  const list = ipvs.list.bind(ipvs);
  ipvs.list = async (only) => {
    if (only?.some(({ kind }) => kind === "fwmark")) {
      throw new NetlinkError("EAFNOSUPPORT", "read an IPVS service");
    }
    return list(only);
  };
  write(`${virtual(81, "real=127.0.0.2:80 masq 5\nchecktype=on")}virtual=5\n`);
  expect(await running.reload("signal")).toBe(true);
  expect(await table(ipvs)).toMatchObject({ "127.0.0.1:81": ["127.0.0.2:80 5"] });
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
    expect.stringMatching(/web\.cf:4:17: .*receive/),
  ]);
});

const one = (more = "") => `${more}${virtual(80, "real=127.0.0.2:80 masq 5\nchecktype=on")}`;

test("a wrong ini keeps everything as it was, told with its place, whatever the .cf says", async () => {
  write(one());
  const ipvs = new EmbeddedIpvs();
  const running = await start(ipvs);
  writeIni("[table]\nreread-second = 9\n");
  write(one().replace("masq 5", "masq 6"));
  expect(await running.reload("signal")).toBe(false);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 5"] });
  expect(log.lines).toContain(
    `${join(folder, "ldirectord-ng.ini")}:2:1: reread-second: no such key in [table]; did you mean "reread-seconds"?`,
  );
  expect(log.all("config-kept")).toEqual([{ path }]);
  writeIni("[table]\nreread-seconds = 9\n");
  expect(await running.reload("signal")).toBe(true);
  expect(await table(ipvs)).toEqual({ "127.0.0.1:80": ["127.0.0.2:80 6"] });
});

test("an edit of the ini alone is taken up by an autoreload", async () => {
  write(one("autoreload=yes\n"));
  const running = await start();
  writeIni("[table]\nbackend = nowhere\n");
  await expect
    .poll(async () => (await running.snapshot()).reload?.worked, { timeout: 8_000 })
    .toBe(false);
  expect(log.all("config-changed")).toEqual([{ path: join(folder, "ldirectord-ng.ini") }]);
  writeIni("");
  await expect
    .poll(async () => (await running.snapshot()).reload?.worked, { timeout: 8_000 })
    .toBe(true);
});

test("a setting that only a start takes up is told of once, when it changes, and not when it is taken back", async () => {
  write(one());
  const running = await start();
  const warnings = () => log.all("config-warning").map(({ text }) => text);
  writeIni("[table]\nbackend = embedded\nreread-seconds = 9\n[daemon]\nrundir = /run\n");
  await running.reload("signal");
  await running.reload("signal");
  expect(warnings()).toEqual([
    `${join(folder, "ldirectord-ng.ini")}: warning: [table] backend, [daemon] rundir: a change of it takes effect when the daemon is started again`,
  ]);
  writeIni("");
  await running.reload("signal");
  expect(warnings()).toHaveLength(1);
});

test("the role is known before anything can be mailed, and is in the snapshot with the sync daemons", async () => {
  const ipvs = new EmbeddedIpvs();
  const role = join(folder, "role");
  writeFileSync(role, "spare\n");
  const mail = "emailalert=root\n        emailalertfreq=0";
  write(virtual(80, `real=127.0.0.1:1 gate\n${mail}\nchecktype=connect\nchecktimeout=1`));
  writeIni(
    `[email]\nprogram = /bin/true\n[sync]\nstart = role\ninterface = lo\n[role]\nfollow = file ${role}\n`,
  );
  const running = await start(ipvs);
  await running.firstRound();
  expect(log.all("email-alert")).toEqual([]);
  const { services, sync } = await running.snapshot();
  expect(services).toMatchObject([{ role: "spare", roleWhy: `${role} says spare` }]);
  expect(sync).toEqual({
    wanted: [{ state: "backup", interface: "lo", id: 0 }],
    running: [{ state: "backup", interface: "lo", id: 0 }],
  });
  writeFileSync(role, "active\n");
  await expect.poll(() => ipvs.syncDaemons()).toMatchObject([{ state: "master" }]);
  // It was found down before the move: the other has told of it.
  expect(log.all("email-alert")).toEqual([]);
  writeIni("");
  await running.reload("signal");
  expect((await running.snapshot()).services[0]).not.toHaveProperty("role");
});

test("the kernel's settings follow the ini at start and reload, and end with stop, not with a hand-over", async () => {
  const ipvs = new EmbeddedIpvs();
  write(virtual(80, "real=127.0.0.1:81 gate\nchecktype=on"));
  writeIni("[sync]\nstart = master\ninterface = lo\nid = 4\n[timeouts]\ntcp = 60\n");
  const running = await start(ipvs);
  expect(await ipvs.syncDaemons()).toEqual([{ state: "master", interface: "lo", id: 4 }]);
  expect(await running.kernel.timeouts()).toMatchObject({ tcp: 60 });
  writeIni("[sync]\nstart = backup\ninterface = lo\nid = 4\n[timeouts]\ntcp = 70\n");
  expect(await running.reload("signal")).toBe(true);
  expect(await running.kernel.syncDaemons()).toMatchObject([{ state: "backup" }]);
  expect(await ipvs.timeouts()).toMatchObject({ tcp: 70 });
  await running.handOver("USR2");
  expect(log.all("sync-stopped")).toHaveLength(1);

  const next = new EmbeddedIpvs();
  const second = await start(next);
  await second.stop("TERM");
  expect(log.all("sync-stopped")).toMatchObject([{ state: "master" }, { state: "backup" }]);
});
