import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeAnswer,
  encodeQuery,
  labelsOf,
  nameText,
  type QuestionType,
  reverseLabels,
} from "../../../../checks/lib/dns/dns-message.ts";
import { bytesToAddress } from "../../../../src/model/address.ts";
import { cpuMs } from "../../../support/cpu.ts";
import {
  a,
  aaaa,
  cname,
  nameBytes,
  ptr,
  questionOf,
  respond,
} from "../../../support/servers/dns-server.ts";

const labels = (name: string): readonly string[] => {
  const result = labelsOf(name);
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
const query = (name: string, type: QuestionType = "A"): Buffer =>
  encodeQuery(0x1234, { labels: labels(name), type });

describe("a query", () => {
  test("is as RFC 1035 §4.1 has it", () => {
    expect(query("www.example.com").toString("hex")).toBe(
      "12340100000100000000000003777777076578616d706c6503636f6d0000010001",
    );
  });

  test("for the root has no label", () => {
    expect(query(".", "NS").toString("hex")).toBe("1234010000010000000000000000020001");
  });
});

test.for<[name: string, labels: readonly string[]]>([
  ["www.example.com", ["www", "example", "com"]],
  ["www.example.com.", ["www", "example", "com"]],
  ["_sip._tcp.example", ["_sip", "_tcp", "example"]],
  ["bücher.example", ["xn--bcher-kva", "example"]],
  ["", []],
])("the name %j has the labels %j", ([name, expected]) => {
  expect(labels(name)).toEqual(expected);
});

test.for<[name: string, problem: string]>([
  ["a..b", "empty label"],
  [".a", "empty label"],
  [`${"a".repeat(64)}.example`, "longer than 63 bytes"],
  [`${"a.".repeat(127)}b`, "longer than 255 bytes"],
])("%j is no name: %s", ([name, problem]) => {
  expect(labelsOf(name)).toEqual({ ok: false, error: expect.stringContaining(problem) });
});

test("an address is looked up backwards", () => {
  expect(reverseLabels("192.0.2.7").join(".")).toBe("7.2.0.192.in-addr.arpa");
  expect(reverseLabels("2001:db8::567:89ab").join(".")).toBe(
    "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  );
});

describe("a response", () => {
  test("gives addresses and names, in its order", () => {
    const message = respond(query("www.example.com"), {
      records: [
        cname("a.example"),
        a("192.0.2.1"),
        aaaa("2001:db8::1"),
        ptr("b.example"),
        [99, Buffer.from("x")],
      ],
    });
    expect(decodeAnswer(message)).toEqual({
      ok: true,
      value: {
        id: 0x1234,
        responseCode: 0,
        isTruncated: false,
        question: { name: "www.example.com", type: 1 },
        records: [
          { type: "CNAME", value: "a.example" },
          { type: "A", value: "192.0.2.1" },
          { type: "AAAA", value: "2001:db8::1" },
          { type: "PTR", value: "b.example" },
          { type: "TYPE99", value: "" },
        ],
      },
    });
  });

  test("may point back to names that stand before", () => {
    // "ftp" and a pointer to "example.com" within the question, which starts at byte 12.
    const data = Buffer.from([3, ...Buffer.from("ftp"), 0xc0, 16]);
    const message = respond(query("www.example.com"), { records: [[5, data]] });
    expect(decodeAnswer(message)).toMatchObject({
      value: { records: [{ type: "CNAME", value: "ftp.example.com" }] },
    });
  });

  test("of a truncated message is what there is of it", () => {
    const whole = respond(query("a"), {
      isTruncated: true,
      records: [a("192.0.2.1"), a("192.0.2.2")],
    });
    expect(decodeAnswer(whole.subarray(0, whole.length - 16))).toMatchObject({
      value: { isTruncated: true, records: [{ value: "192.0.2.1" }] },
    });
  });

  test.for<[what: string, message: Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["a header cut short", query("a").subarray(0, 11)],
    ["our own query", query("a")],
    ["a record cut short", respond(query("a"), { records: [a("192.0.2.1")] }).subarray(0, -1)],
    [
      "more records promised than there are",
      respond(query("a"), {
        changes: (m) => {
          m.writeUInt16BE(1, 6);
          return m;
        },
      }),
    ],
    ["an address of three bytes", respond(query("a"), { records: [[1, Buffer.from([1, 2, 3])]] })],
    [
      "a name that points to itself",
      respond(query("a"), { records: [[12, Buffer.from([0xc0, 31])]] }),
    ],
    ["a name that points ahead", respond(query("a"), { records: [[12, Buffer.from([0xc0, 40])]] })],
    ["a name with bytes after it", respond(query("a"), { records: [[12, Buffer.from([0, 0])]] })],
    [
      "a label of an unknown kind",
      respond(query("a"), { records: [[12, Buffer.from([0x41, 0])]] }),
    ],
    [
      "another opcode",
      respond(query("a"), {
        changes: (m) => {
          m.writeUInt16BE(0xa800, 2);
          return m;
        },
      }),
    ],
  ])("is none when it is %s", ([, message]) => {
    expect(decodeAnswer(message)).toEqual({ ok: false, error: expect.any(String) });
  });

  test("has names of at most 255 bytes, however they are put together", () => {
    const long = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}`;
    const data = Buffer.concat([
      nameBytes("d".repeat(63)).subarray(0, -1),
      Buffer.from([0xc0, 12]),
    ]);
    expect(decodeAnswer(respond(query(long), { records: [[12, data]] })).ok).toBe(false);
  });
});

const anyLabel = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
const anyName = fc.array(anyLabel, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("."));

test("what is asked is what the other side reads, and the answer is what it wrote", () => {
  const anyRecord = fc.oneof(
    fc
      .uint8Array({ minLength: 4, maxLength: 4 })
      .map((bytes) => ({ type: "A", value: bytesToAddress(bytes) })),
    fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => ({ type: "AAAA", value: bytesToAddress(bytes) })),
    anyName.map((value) => ({ type: "PTR", value })),
  );
  const encoders: Record<string, (value: string) => readonly [number, Buffer]> = {
    A: a,
    AAAA: aaaa,
    PTR: ptr,
  };
  fc.assert(
    fc.property(anyName, fc.array(anyRecord, { maxLength: 20 }), (name, records) => {
      const asked = query(name, "AAAA");
      expect(questionOf(asked)).toBe(`${name} AAAA`);
      const message = respond(asked, {
        records: records.map(({ type, value }) => encoders[type]?.(value) ?? a("0.0.0.0")),
      });
      expect(decodeAnswer(message)).toMatchObject({
        value: { question: { name, type: 28 }, records },
      });
    }),
  );
});

test("no bytes make it throw, and all that it says is printable", () => {
  const printable = /^[\x21-\x7e]*$/;
  const check = (message: Buffer): void => {
    const decoded = decodeAnswer(message);
    if (decoded.ok) for (const { value } of decoded.value.records) expect(value).toMatch(printable);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => check(Buffer.from(bytes))));
  const good = respond(query("www.example.com"), {
    records: [cname("a.example"), a("192.0.2.1"), ptr("b.example"), aaaa("2001:db8::1")],
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(good.length),
      (edits, length) => {
        const message = Buffer.from(good);
        for (const [at, byte] of edits) message[at] = byte;
        check(message.subarray(0, length));
      },
    ),
    { numRuns: 2000 },
  );
});

test("a message full of pointers is read in good time", () => {
  // As many labels as a name can have, then records that all point to them.
  const records = Array.from({ length: 4500 }, () => [12, Buffer.from([0xc0, 12])] as const);
  const message = respond(query("a.".repeat(126)), { records });
  expect(cpuMs(() => expect(decodeAnswer(message).ok).toBe(true))).toBeLessThan(1_000);
});

test("a name shows what cannot be printed", () => {
  expect(nameText(["a.b", "c\n\\"])).toBe("a\\.b.c\\010\\\\");
});
