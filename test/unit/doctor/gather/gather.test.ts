/** On this host, whatever it is like. */
import { expect, test } from "vitest";
import { gather } from "../../../../src/doctor/gather/gather.ts";
import { readNetwork } from "../../../../src/doctor/gather/network.ts";
import { readText } from "../../../../src/doctor/gather/read.ts";
import { realServer, tcp, virtualService } from "../../../support/builders.ts";

test("links with their addresses, and the ways to others", async () => {
  const { links, ways } = await readNetwork(["127.0.0.1", "::1"]);
  expect(links.ok && links.value.find(({ name }) => name === "lo")).toMatchObject({
    isUp: true,
    asksByArp: false,
    addresses: expect.arrayContaining([{ address: "127.0.0.1", prefixBits: 8 }]),
  });
  expect(ways.ok && ways.value.get("127.0.0.1")).toEqual({ kind: "own" });
});

test("asked again and again, it leaves nothing open that keeps the process", async () => {
  const before = process.getActiveResourcesInfo().length;
  for (let i = 0; i < 20; i++) await readNetwork(["127.0.0.1"]);
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
});

test("an address of this host has no segment to ask on, and the daemon's limit is its own", async () => {
  const virtual = virtualService(tcp("127.0.0.1:80"), [realServer("127.0.0.1:81")]);
  const facts = await gather([virtual], process.pid);
  expect(facts.claims).toEqual({ ok: true, value: new Map() });
  expect(facts.openFiles.of).toBe(`the daemon (pid ${process.pid})`);
  expect(facts.openFiles.limit).toBeGreaterThan(0);
  expect(facts.sysctls.get("net.ipv4.conf.all.arp_ignore")).toMatch(/^\d+$/);
});

test("a file whose size is told as 0 is read; one that is not there is undefined", async () => {
  expect(await readText("/proc/self/limits")).toMatch(/Max open files/);
  expect(await readText("/proc/self/none")).toBeUndefined();
});
