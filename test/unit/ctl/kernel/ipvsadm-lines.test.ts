/** The same words as the real ipvsadm's: test/stages/kernel/counters.test.ts. */
import { expect, test } from "vitest";
import { ipvsadmLines } from "../../../../src/ctl/kernel/ipvsadm-lines.ts";
import type { TableDest, TableService } from "../../../../src/ipvs/ipvs.ts";
import { mark, serverRow, serviceRow, tcp, udp } from "../../../support/builders.ts";

test.for<[service: TableService, line: string]>([
  [serviceRow(tcp("10.0.0.1:80")), "-A -t 10.0.0.1:80 -s wrr"],
  [serviceRow(udp("10.0.0.1:53"), { isOnePacket: true }), "-A -u 10.0.0.1:53 -s wrr -o"],
  [serviceRow(mark(5), { persistenceSec: 300 }), "-A -f 5 -s wrr -p 300"],
  [serviceRow(mark(5, 6)), "-A -f 5 -6 -s wrr"],
  [
    serviceRow(tcp("10.0.0.1:80"), { persistenceSec: 90, netmask: 0xffffff00 }),
    "-A -t 10.0.0.1:80 -s wrr -p 90 -M 255.255.255.0",
  ],
  [
    serviceRow(tcp("[fd00::1]:80"), { persistenceSec: 90, netmask: 64 }),
    "-A -t [fd00::1]:80 -s wrr -p 90 -M 64",
  ],
  [
    serviceRow(tcp("10.0.0.1:80"), { scheduler: "sh", schedulerFlags: 0x18 }),
    "-A -t 10.0.0.1:80 -s sh -b sh-fallback,sh-port",
  ],
  [
    serviceRow(tcp("10.0.0.1:80"), { scheduler: "lc", schedulerFlags: 0x28 }),
    "-A -t 10.0.0.1:80 -s lc -b flag-1,flag-3",
  ],
])("a service: %j", ([service, line]) => {
  expect(ipvsadmLines([{ service, dests: [] }])).toEqual([line]);
});

test.for<[dest: TableDest, words: string]>([
  [serverRow("10.0.0.3:80"), "-r 10.0.0.3:80 -g -w 1"],
  [serverRow("10.0.0.3:8080", { forwarding: "masq", weight: 0 }), "-r 10.0.0.3:8080 -m -w 0"],
  [serverRow("10.0.0.3:80", { forwarding: "ipip" }), "-r 10.0.0.3:80 -i -w 1"],
  [serverRow("10.0.0.3:80", { forwarding: "local" }), "-r 10.0.0.3:80 -g -w 1"],
  [serverRow("10.0.0.3:80", { upperThreshold: 20 }), "-r 10.0.0.3:80 -g -w 1 -x 20"],
  [
    serverRow("[fd00::3]:80", { upperThreshold: 20, lowerThreshold: 10 }),
    "-r [fd00::3]:80 -g -w 1 -x 20 -y 10",
  ],
])("a real server: %j", ([dest, words]) => {
  const rows = [{ service: serviceRow(mark(5)), dests: [dest] }];
  expect(ipvsadmLines(rows)[1]).toBe(`-a -f 5 ${words}`);
});

test("the oldest row comes first, for the kernel puts a new one before the others", () => {
  const dests = [serverRow("10.0.0.4:80"), serverRow("10.0.0.3:80")];
  expect(ipvsadmLines([{ service: serviceRow(mark(5)), dests }]).slice(1)).toEqual([
    "-a -f 5 -r 10.0.0.3:80 -g -w 1",
    "-a -f 5 -r 10.0.0.4:80 -g -w 1",
  ]);
});
