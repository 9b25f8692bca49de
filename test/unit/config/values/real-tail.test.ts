import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RealTail, readRealTail } from "../../../../src/config/values/real-tail.ts";

describe("what follows the address of a real server", () => {
  test.for<[flags: string, tail: Partial<RealTail>]>([
    ["gate", { forwarding: "gate", weight: 1, upperThreshold: 0, lowerThreshold: 0 }],
    ["masq 0", { forwarding: "masq", weight: 0 }],
    ["gate -w 7", { weight: 7 }],
    ["--ipip 3", { forwarding: "ipip", weight: 3 }],
    ['gate "index.html", "ok"', { weight: 1, request: "index.html", receive: "ok" }],
    ['gate 2 "a" "b"', { weight: 2, request: "a", receive: "b" }],
    ['gate 2 "a","b"', { request: "a", receive: "b" }],
    ['gate 2 "a" , "b"', { request: "a", receive: "b" }],
    [
      'gate "/path", "regexp" l:5 u:10',
      { request: "/path", lowerThreshold: 5, upperThreshold: 10 },
    ],
    ['gate "/page 5", "b"', { weight: 1, request: "/page 5", receive: "b" }],
    ['gate "a", "b" 5', { weight: 5, request: "a", receive: "b" }],
    ["gate u:10 l:5", { lowerThreshold: 5, upperThreshold: 10 }],
    ['gate 3 "l:5" "u:10"', { weight: 3, lowerThreshold: 5, upperThreshold: 10 }],
    ['gate "a", "b" "l:5" "u:10"', { receive: "b", lowerThreshold: 5, upperThreshold: 10 }],
    ['gate "a", "u:10"', { request: "a", receive: "u:10", upperThreshold: 0 }],
    ['gate "a", "say "hi""', { request: "a", receive: 'say "hi"' }],
    ['gate "", "ok"', { request: "/", receive: "ok" }],
    ["gate 70000", { weight: 65_535 }],
    ["gate u:99999999999", { upperThreshold: 0xffff_ffff }],
    ["gate l:5", { lowerThreshold: 0 }],
  ])("%s", ([flags, tail]) => {
    const read = readRealTail(flags);
    expect(read.tail).toMatchObject(tail);
    expect(read.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  test.for<[flags: string, legacy: string]>([
    ["nat", "forward method must be gate, masq or ipip"],
    ["", "forward method must be gate, masq or ipip"],
    ["fullnat 1", "forward method must be gate, masq or ipip"],
    ["gate 5abc", 'Invalid real server line, around "abc"'],
    ["gate 1 2", 'Invalid real server line, around " 2"'],
    ['gate 1 "a"', 'Invalid real server line, around " "a""'],
  ])("%s is refused", ([flags, legacy]) => {
    const { tail, problems } = readRealTail(flags);
    expect(tail).toBeUndefined();
    expect(problems).toMatchObject([{ severity: "error", legacy }]);
  });

  test.for(["fullnat", "FULLNAT 1", "full-nat", "fnat"])(
    "%s is refused with the way that works",
    (flags) => {
      const message = expect.stringMatching(
        /write masq.*net\.ipv4\.vs\.conntrack=1.*POSTROUTING -m ipvs .* -j MASQUERADE/,
      );
      expect(readRealTail(flags).problems).toMatchObject([{ severity: "error", message }]);
    },
  );

  test("weights out of range are told", () => {
    expect(readRealTail("gate 70000").problems).toMatchObject([
      { severity: "warning", message: "weight 70000 is above 65535; taken as 65535" },
    ]);
  });

  test("what is printed is read back", () => {
    const text = fc.stringMatching(/^[a-z/.?=#:, 0-9]{1,20}$/).filter((s) => !/^[lu]:\d+$/.test(s));
    const tail = fc.record({
      forwarding: fc.constantFrom("gate", "masq", "ipip"),
      weight: fc.nat(65_535),
      upperThreshold: fc.integer({ min: 100, max: 9999 }),
      lowerThreshold: fc.nat(99),
      request: text,
      receive: text,
    });
    fc.assert(
      fc.property(tail, (t) => {
        const printed = `${t.forwarding} ${t.weight} "${t.request}", "${t.receive}" l:${t.lowerThreshold} u:${t.upperThreshold}`;
        expect(readRealTail(printed)).toEqual({ tail: t, problems: [] });
      }),
    );
  });
});
