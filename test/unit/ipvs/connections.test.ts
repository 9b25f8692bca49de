import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Connection,
  type ConnectionFilter,
  fits,
  parseConnection,
} from "../../../src/ipvs/connections.ts";
import { endpoint } from "../../support/builders.ts";
import { cpuMs } from "../../support/cpu.ts";

const heading =
  "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData                  ";
const web: Connection = {
  protocol: "tcp",
  client: endpoint("10.1.1.5:54004"),
  virtual: endpoint("192.168.10.101:80"),
  real: endpoint("192.168.10.201:8080"),
  state: "ESTABLISHED",
  expiresSec: 899,
};

test.for<[name: string, line: string, connection: Connection]>([
  ["IPv4", "TCP 0A010105 D2F4 C0A80A65 0050 C0A80AC9 1F90 ESTABLISHED     899", web],
  [
    "IPv6",
    "UDP fd00:0000:0000:0000:0000:0000:0000:0005 0035 fd00:0000:0000:0000:0000:0000:0000:0001 0035 fd00:0000:0000:0000:0000:0000:0000:0201 0035 UDP             299",
    {
      protocol: "udp",
      client: endpoint("[fd00::5]:53"),
      virtual: endpoint("[fd00::1]:53"),
      real: endpoint("[fd00::201]:53"),
      state: "UDP",
      expiresSec: 299,
    },
  ],
  [
    "a client's memory by mark",
    "IP  0A010105 0000 00000006 0000 C0A80AC9 0000 NONE            599",
    {
      protocol: "ip",
      client: endpoint("10.1.1.5:0"),
      virtual: endpoint("0.0.0.6:0"),
      real: endpoint("192.168.10.201:0"),
      state: "NONE",
      expiresSec: 599,
    },
  ],
  [
    "a persistence engine's",
    "UDP 0A010105 0000 C0A80A65 13C4 C0A80AC9 13C4 NONE            599 sip a call-id@host  ",
    {
      protocol: "udp",
      client: endpoint("10.1.1.5:0"),
      virtual: endpoint("192.168.10.101:5060"),
      real: endpoint("192.168.10.201:5060"),
      state: "NONE",
      expiresSec: 599,
      engine: "sip",
      engineData: "a call-id@host",
    },
  ],
])("a line is read: %s", ([, line, connection]) => {
  expect(parseConnection(line)).toEqual(connection);
});

test.for([
  heading,
  "",
  "TCP 0A010105 D2F4 C0A80A65 0050",
  "TCP 0A010105 D2F4 C0A80A65 0050 C0A80AC9 1F90 ESTABLISHED soon",
  "TCP 0A01010Z D2F4 C0A80A65 0050 C0A80AC9 1F90 ESTABLISHED 899",
  "TCP 0A010105 D2F4 C0A80A65 80 C0A80AC9 1F90 ESTABLISHED 899",
])("%j is no connection", (line) => {
  expect(parseConnection(line)).toBeUndefined();
});

test.for<[filter: ConnectionFilter, isFit: boolean]>([
  [{}, true],
  [{ virtual: endpoint("192.168.10.101:80") }, true],
  [{ virtual: endpoint("192.168.10.101:0"), protocol: "tcp" }, true],
  [{ virtual: endpoint("192.168.10.101:80"), protocol: "udp" }, false],
  [{ virtual: endpoint("192.168.10.101:443") }, false],
  [{ real: endpoint("192.168.10.201:8080") }, true],
  [{ real: endpoint("192.168.10.201:80") }, false],
  [{ real: endpoint("192.168.10.202:0") }, false],
])("filter %j: %s", ([filter, isFit]) => {
  expect(fits(filter, web)).toBe(isFit);
});

test("any text is read at once, and gives a whole connection or none", () => {
  const word = fc.oneof(
    fc.constantFrom("TCP", "0A010105", "D2F4", "899", " ", "  ", "fd00::1", "NONE"),
    fc.string({ maxLength: 9 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), (words) => {
      const read = parseConnection(words.join(" "));
      if (read !== undefined) expect(Number.isInteger(read.expiresSec)).toBe(true);
    }),
  );
  expect(cpuMs(() => parseConnection(`TCP ${" ".repeat(2048)}`))).toBeLessThan(50);
});
