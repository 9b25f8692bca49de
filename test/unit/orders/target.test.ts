import { expect, test } from "vitest";
import { describeTarget } from "../../../src/orders/book.ts";
import { findTarget, pairsOf } from "../../../src/orders/target.ts";
import { mark, realServer, tcp, udp, virtualService } from "../../support/builders.ts";

const virtuals = [
  virtualService(tcp("10.0.0.1:80"), [
    realServer("10.0.0.3:80"),
    realServer("10.0.0.3:81"),
    realServer("10.0.0.4:80"),
  ]),
  virtualService(udp("10.0.0.1:53"), [realServer("10.0.0.3:53")]),
  virtualService(tcp("[fd00::1]:80"), [realServer("[fd00::2]:80")]),
  virtualService(mark(5), [realServer("10.0.0.1:80")]),
  virtualService(mark(6, 6), [realServer("[fd00::2]:0")]),
];
const addressOf = (name: string) => (name === "web3" ? "10.0.0.3" : undefined);

/** The target in words, and how many rows it is about; or what is wrong. */
function found(what: string, virtual?: string): string {
  const it = findTarget({ what, virtual }, virtuals, addressOf);
  if (!it.ok) return it.error;
  return `${it.value.real ? "" : "all of "}${describeTarget(it.value)}: ${pairsOf(it.value, virtuals).length}`;
}

test.for<[what: string, virtual: string | undefined, is: string]>([
  ["10.0.0.3:80", undefined, "10.0.0.3:80: 1"],
  ["10.0.0.3", undefined, "10.0.0.3: 3"],
  ["10.0.0.3", "10.0.0.1:80", "10.0.0.3 in 10.0.0.1:80: 2"],
  ["10.0.0.3", "tcp:10.0.0.1:80", "10.0.0.3 in tcp:10.0.0.1:80: 2"],
  ["10.0.0.3", "udp:10.0.0.1:53", "10.0.0.3 in udp:10.0.0.1:53: 1"],
  ["[fd00::2]:80", undefined, "[fd00::2]:80: 1"],
  ["[FD00:0::0002]:80", undefined, "[fd00::2]:80: 1"],
  ["fd00::2", undefined, "fd00::2: 2"],
  ["[fd00::2]", undefined, "fd00::2: 2"],
  ["[fd00::2]:0", undefined, "[fd00::2]:0: 1"],
  ["fd00::2", "[FD00::1]:80", "fd00::2 in [fd00::1]:80: 1"],
  ["web3", undefined, "10.0.0.3: 3"],
  ["web3:81", undefined, "10.0.0.3:81: 1"],
  ["10.0.0.1:53", undefined, "all of 10.0.0.1:53: 1"],
  ["tcp:10.0.0.1:80", undefined, "all of tcp:10.0.0.1:80: 3"],
  ["[fd00:0::1]:80", undefined, "all of [fd00::1]:80: 1"],
  ["5", undefined, "all of 5: 1"],
  ["fwm:5", undefined, "all of fwm:5: 1"],
])("%s in %s is %s", ([what, virtual, is]) => {
  expect(found(what, virtual)).toBe(is);
});

test("a name that is a real server's and a service's is the real server", () => {
  expect(found("10.0.0.1:80")).toBe("10.0.0.1:80: 1");
});

test.for<[what: string, virtual: string | undefined, error: string]>([
  ["10.0.0.5:80", undefined, 'no real server is 10.0.0.5:80; did you mean "10.0.0.3:80"?'],
  ["10.0.0.3:99", "10.0.0.1:80", "no real server of 10.0.0.1:80 is 10.0.0.3:99"],
  ["10.0.0.3", "10.0.0.1:8", 'no virtual service is 10.0.0.1:8; did you mean "10.0.0.1:80"?'],
  ["10.0.0.3:53", "10.0.0.1:80", "no real server of 10.0.0.1:80 is 10.0.0.3:53"],
  ["10.0.0.1:80", "10.0.0.1:80", "no real server of 10.0.0.1:80 is 10.0.0.1:80"],
  ["10.0.0.3:99999", undefined, "no real server is 10.0.0.3:99999"],
  ["web4", undefined, "no real server is web4"],
  ["web3:99999", undefined, "no real server is web3:99999"],
  ["", undefined, "no real server is "],
  ["10.0.0.3:", undefined, "no real server is 10.0.0.3:"],
  ["[10.0.0.3]:80x", undefined, "no real server is [10.0.0.3]:80x"],
  ["fe80::2%eth0", undefined, "no real server is fe80::2%eth0"],
  ["7", undefined, "no real server is 7"],
])("%s in %s is nothing, and that is told", ([what, virtual, error]) => {
  expect(found(what, virtual).slice(0, error.length)).toBe(error);
});

test("in a configuration without services nothing is meant", () => {
  expect(findTarget({ what: "10.0.0.3" }, [])).toMatchObject({ ok: false });
});
