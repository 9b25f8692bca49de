import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { example } from "../../lab/director.ts";
import { ipIn, type Namespace } from "../../lab/namespace.ts";
import { Network } from "../../lab/network.ts";
import { say } from "../../lab/say.ts";
import { attempt, type Outcome } from "./attempt.ts";

// The codes of the OCF resource agent API.
const ok = 0;
const failed = 1;
const noSuchAction = 3;
const notInstalled = 5;
const notConfigured = 6;
const notRunning = 7;

const agent = join(example("ha/pacemaker"), "director/usr/lib/ocf/resource.d/local/addresses");
const gateway = "10.0.0.1/24/eth1";
const vip = "192.168.10.101/32/eth0";

let network: Network<"director">;
let director: Namespace;
beforeAll(async () => {
  network = await Network.open({
    director: {
      links: { eth0: ["lan", "192.168.10.100/24"], eth1: ["servers", "10.0.0.2/24"] },
    },
  });
  director = network.host("director");
  await ipIn(director, ["link property add dev eth1 altname servers"]);
});
afterEach(() => act("stop"));
afterAll(() => network.close());

const inside = (...command: readonly string[]): Promise<Outcome> =>
  attempt("ip", "netns", "exec", director.name, ...command);

/** As Pacemaker calls it. @param path where its programs are looked for first */
const act = (action: string, addresses = `${gateway} ${vip}`, path = ""): Promise<Outcome> =>
  inside(
    ...["env", "OCF_ROOT=/usr/lib/ocf", `OCF_RESKEY_addresses=${addresses}`],
    ...[`PATH=${path}:${process.env["PATH"]}`, agent, action],
  );

/** As the agent is told of them, without the director's own. */
async function shown(): Promise<string[]> {
  const { out } = await inside("ip", "-4", "-o", "addr", "show", "scope", "global");
  const all = [...out.matchAll(/^\d+: (\S+) +inet (\S+)/gm)].map((it) => `${it[2]}/${it[1]}`);
  return all.filter((it) => it !== "192.168.10.100/24/eth0" && it !== "10.0.0.2/24/eth1").sort();
}

/** A program in another's place. @returns the folder to look for it in */
async function inPlaceOf(program: string, script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "addresses-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, program), 0o755);
  return folder;
}

test("ocf-tester finds nothing wrong with it", async () => {
  const { code, out, err } = await inside(
    ...["ocf-tester", "-n", "addresses", "-o", `addresses=${gateway} ${vip}`, agent],
  );
  say(out + err);
  expect(out).toContain(`${agent} passed all tests`);
  expect(code).toBe(0);
});

test("all addresses come and go together, and twice is as good as once", async () => {
  expect(await act("monitor")).toMatchObject({ code: notRunning });
  for (const _ of ["once", "twice"]) {
    expect(await act("start")).toEqual({ code: ok, out: "", err: "" });
    expect(await shown()).toEqual([gateway, vip]);
    expect(await act("monitor")).toEqual({ code: ok, out: "", err: "" });
  }
  for (const _ of ["once", "twice"]) {
    expect(await act("stop")).toEqual({ code: ok, out: "", err: "" });
    expect(await shown()).toEqual([]);
    expect(await act("monitor")).toMatchObject({ code: notRunning });
  }
});

test("half of them is a failure, which a start mends and a stop ends", async () => {
  await act("start");
  await ipIn(director, ["addr del 10.0.0.1/24 dev eth1"]);
  const half = { code: failed, err: expect.stringContaining("1 of 2 are here") };
  expect(await act("monitor")).toMatchObject(half);
  expect(await act("start")).toMatchObject({ code: ok });
  expect(await shown()).toEqual([gateway, vip]);
  await ipIn(director, ["addr del 192.168.10.101/32 dev eth0"]);
  expect(await act("stop")).toMatchObject({ code: ok });
  expect(await shown()).toEqual([]);
});

test("a card that is not there: nothing starts for good, and what has come can be stopped", async () => {
  const without = `${vip} 10.0.0.1/24/eth7`;
  const { code, err } = await act("start", without);
  expect([code, err]).toEqual([failed, expect.stringContaining("eth7")]);
  expect(await act("stop", without)).toMatchObject({ code: ok });
  expect(await act("monitor", without)).toMatchObject({ code: notRunning });
  expect(await shown()).toEqual([]);
});

test("who cannot look, or not take away, has not stopped them", async () => {
  await act("start");
  const blind = await inPlaceOf("ip", "exit 2");
  const clumsy = await inPlaceOf("ip", `case $* in *batch*) exit 1 ;; esac; exec /sbin/ip "$@"`);
  for (const path of [blind, clumsy]) {
    expect(await act("stop", undefined, path)).toMatchObject({ code: failed });
  }
  expect(await shown()).toEqual([gateway, vip]);
  // Nor does it know that none is here.
  expect(await act("monitor", undefined, blind)).toMatchObject({ code: failed });
});

test.for<[addresses: string, code: number, told: string]>([
  ["", notConfigured, "ADDRESS/BITS/INTERFACE is wanted"],
  ["2001:db8::1/64/eth0", notConfigured, "IPaddr2 is for IPv6"],
  ["192.168.10.101", notConfigured, "192.168.10.101 is not ADDRESS/BITS/INTERFACE"],
  ["192.168.10.101/32/", notConfigured, "192.168.10.101/32/ is not"],
  // As ip does not show it, it would be there and never be found.
  ["192.168.10.0101/32/eth0", notConfigured, "without the zeros"],
  ["10.0.0.1/024/eth1", notConfigured, "without the zeros"],
  ["10.0.0.1/24/servers", failed, "0 of 1 are here; is one written as ip does not show it?"],
])("«%s» is refused, and nothing stays", async ([addresses, code, told]) => {
  expect(await act("start", addresses)).toMatchObject({
    code,
    err: expect.stringContaining(told),
  });
  expect(await act("stop", addresses)).toMatchObject({ code: ok });
  expect(await shown()).toEqual([]);
});

test("an action that it does not have", async () => {
  expect(await act("promote")).toMatchObject({ code: noSuchAction });
});

test("without the program that tells the neighbours it is not installed", async () => {
  const text = await readFile(agent, "utf8");
  const folder = await inPlaceOf("addresses", text.replace(/^send_arp=.*$/m, "send_arp=/nowhere"));
  const other = join(folder, "addresses");
  const { code, err } = await inside("env", `OCF_RESKEY_addresses=${vip}`, other, "start");
  expect([code, err]).toEqual([notInstalled, expect.stringContaining("resource-agents")]);
});
