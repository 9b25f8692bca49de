import { createSocket } from "node:dgram";
import { setMaxListeners } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hostNamesToTry } from "../../../../checks/lib/dns/search-list.ts";
import { isLocalFault } from "../../../../checks/lib/fault.ts";
import {
  addressesInHosts,
  addressesOf,
  maxAtOnce,
  NoNameServer,
} from "../../../../checks/lib/host-names.ts";

const folder = mkdtempSync(join(tmpdir(), "host-names-"));
afterAll(() => rmSync(folder, { recursive: true }));
const hostsFile = join(folder, "hosts");
writeFileSync(hostsFile, "fd00::7 both.test\n192.0.2.7 web.test Both.test # spare.test\n");

/** `good…` has 192.0.2.1, `six…` has only fd00::1, `fail…` is SERVFAIL, `slow…` gets no answer, all else is NXDOMAIN. */
async function nameServer() {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (query, from) => {
    const size = query[12] ?? 0;
    const label = query.toString("latin1", 13, 13 + size);
    asked.push(label);
    if (label.startsWith("slow")) return;
    const end = query.indexOf(0, 12) + 5;
    const isIPv4 = query.readUInt16BE(end - 4) === 1;
    const data = isIPv4 ? Buffer.of(192, 0, 2, 1) : Buffer.of(0xfd, ...new Array(14).fill(0), 1);
    const has = label.startsWith(isIPv4 ? "good" : "six");
    const exists = /^(good|six)/.test(label);
    const code = label.startsWith("fail") ? 2 : exists ? 0 : 3;
    const head = Buffer.from([0x81, 0x80 | code, 0, 1, 0, has ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, isIPv4 ? 1 : 28, 0, 1, 0, 0, 0, 9, 0, data.length]);
    const answer = [query.subarray(0, 2), head, query.subarray(12, end)];
    socket.send(Buffer.concat(has ? [...answer, record, data] : answer), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    asked,
    parts: { hostsFile, servers: [`127.0.0.1:${socket.address().port}`] },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

const never = new AbortController().signal;

test("the hosts file comes first, IPv4 before IPv6; what follows # is none of it", async () => {
  await using names = await nameServer();
  expect(await addressesOf("WEB.test", "192.0.2.9", never, names.parts)).toEqual(["192.0.2.7"]);
  expect(names.asked).toEqual([]);
  expect(addressesInHosts("fd00::7 a\n192.0.2.7 b A", "a")).toEqual(["192.0.2.7", "fd00::7"]);
  expect(addressesInHosts("192.0.2.7 b # a", "a")).toEqual([]);
});

test("then the name servers, for both families", async () => {
  await using names = await nameServer();
  expect(await addressesOf("good.test.", "192.0.2.9", never, names.parts)).toEqual(["192.0.2.1"]);
  expect(await addressesOf("six.test.", "192.0.2.9", never, names.parts)).toEqual(["fd00::1"]);
});

test("a name that is none has no address; one nobody can tell of is known as that", async () => {
  await using names = await nameServer();
  await expect(addressesOf("none.test.", "192.0.2.9", never, names.parts)).rejects.toMatchObject({
    verdict: { reason: "unreachable", detail: "the host name none.test. has no address" },
  });
  const failing = addressesOf("fail.test.", "192.0.2.9", never, names.parts);
  await expect(failing).rejects.toBeInstanceOf(NoNameServer);
});

test("a silent name server holds up nobody else, and is left at the abort", async () => {
  await using names = await nameServer();
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const held = Array.from({ length: 20 }, (_, index) =>
    addressesOf(`slow-${index}.test.`, "192.0.2.66", controller.signal, names.parts).catch(
      (error: unknown) => error,
    ),
  );
  expect(await addressesOf("good.test.", "192.0.2.9", never, names.parts)).toEqual(["192.0.2.1"]);
  const reason = new Error("cut");
  controller.abort(reason);
  // The line that it stood in was for its own names: no trouble of ours.
  expect(await Promise.all(held)).toEqual(held.map(() => reason));
  expect(new Set(names.asked.filter((label) => label.startsWith("slow"))).size).toBe(4);
});

test("who stands in line for others' names until the end has no verdict", async () => {
  await using names = await nameServer();
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const { signal } = controller;
  const crowd = Array.from({ length: maxAtOnce }, (_, index) =>
    addressesOf(`slow-${index}.test.`, `192.0.2.${index}`, signal, names.parts).catch(() => {}),
  );
  const last = addressesOf("good.test.", "198.51.100.1", signal, names.parts).catch(
    (error: unknown) => error,
  );
  await new Promise(setImmediate);
  controller.abort(new Error("cut"));
  expect(isLocalFault(await last)).toBe("LOOKUP_QUEUE");
  await Promise.all(crowd);
});

test.for<[string, readonly string[]]>([
  ["web", ["web.a.example", "web.b.example", "web"]],
  ["web.lab", ["web.lab", "web.lab.a.example", "web.lab.b.example"]],
  ["web.lab.", ["web.lab"]],
])("%s is looked for as the C library does", ([name, tried]) => {
  expect(hostNamesToTry(name, { suffixes: ["a.example", "b.example"], ndots: 1 })).toEqual(tried);
});
