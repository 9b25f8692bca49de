import { describe, expect, test, vi } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import dns, { dnsWith } from "../../../checks/dns.ts";
import {
  a,
  aaaa,
  cname,
  dnsByTcp,
  dnsByUdp,
  ptr,
  respond,
  type Zone,
} from "../../support/servers/dns-server.ts";
import { loopbacks, serve } from "../../support/servers/scripted.ts";
import { refusingUdp, servingUdp } from "../../support/servers/scripted-udp.ts";
import { outcome, prepared, settings, verdict } from "./probing.ts";

const manyAddresses = Array.from({ length: 40 }, (_, i) => a(`192.0.2.${i + 1}`));
const zone: Zone = {
  "www.example.com A": { records: [a("192.0.2.1"), a("192.0.2.2")] },
  "www.example.com AAAA": { records: [aaaa("2001:db8::2")] },
  "six.example.com A": {},
  "six.example.com AAAA": { records: [aaaa("2001:db8::6")] },
  "alias.example.com A": { records: [cname("www.example.com"), a("192.0.2.1")] },
  "away.example.com A": { records: [cname("www.example.net")] },
  "away.example.com AAAA": { records: [cname("www.example.net")] },
  "empty.example.com A": {},
  "empty.example.com AAAA": {},
  "broken.example.com A": { responseCode: 2 },
  "7.2.0.192.in-addr.arpa PTR": { records: [ptr("www.example.com")] },
  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR": {
    records: [ptr("six.example.com")],
  },
  " NS": { responseCode: 5 },
  "servers.example.com A": { records: manyAddresses },
};

const ask = (request: string, receive?: string): Partial<CheckSettings> => ({
  service: "dns",
  protocol: "udp",
  request,
  ...(receive === undefined ? {} : { receive }),
});

describe.for(loopbacks)("on %s", (address) => {
  test.for<[what: string, request: string, receive: string | undefined, said: object]>([
    ["an address that fits", "/www.example.com", "^192\\.0\\.2\\.2$", { up: true }],
    ["an address that does not", "/www.example.com", "^10\\.", { reason: "mismatch" }],
    ["an IPv6 address that fits", "/www.example.com", "^2001:db8::2$", { up: true }],
    ["a name with IPv6 only", "/six.example.com", "^2001:db8::6$", { up: true }],
    ["an address behind an alias", "/alias.example.com", "^192", { up: true }],
    ["an alias is no address", "/away.example.com", "www", { reason: "mismatch" }],
    ["no receive: any record", "/www.example.com", undefined, { up: true }],
    ["no receive, an alias that leads away", "/away.example.com", undefined, { up: true }],
    ["no receive, IPv6 only", "/six.example.com", undefined, { up: true }],
    [
      "no records",
      "/empty.example.com",
      undefined,
      { reason: "mismatch", detail: "no A or AAAA record for empty.example.com" },
    ],
    [
      "no such name",
      "/nobody.example.com",
      undefined,
      { reason: "status", detail: "NXDOMAIN for A nobody.example.com" },
    ],
    [
      "a server in trouble",
      "/broken.example.com",
      "^192",
      { reason: "status", detail: "SERVFAIL for A broken.example.com" },
    ],
    ["the name of an address", "/192.0.2.7", "^www\\.example\\.com$", { up: true }],
    ["the name of an address, another", "/192.0.2.7", "^mail", { reason: "mismatch" }],
    ["the name of an IPv6 address", "/2001:db8::1", "^six", { up: true }],
    ["no name to ask for: any answer", "/", undefined, { up: true, detail: "answers (REFUSED)" }],
    ["a dot at the name's end", "/www.example.com.", "^192", { up: true }],
  ])("by UDP and TCP: %s", async ([, request, receive, said]) => {
    await using udp = await dnsByUdp(address, zone);
    await using tcp = await dnsByTcp(address, zone);
    const wanted = ask(request, receive);
    expect(await verdict(dns, udp.endpoint, wanted)).toMatchObject(said);
    expect(await verdict(dns, tcp.endpoint, { ...wanted, protocol: "tcp" })).toMatchObject(said);
  });

  test("a response by TCP may come byte by byte", async () => {
    await using server = await dnsByTcp(address, zone, { chunkBytes: 1 });
    const wanted = { ...ask("/www.example.com", "^192"), protocol: "tcp" as const };
    expect(await verdict(dns, server.endpoint, wanted)).toEqual({
      up: true,
      detail: "www.example.com A 192.0.2.1",
    });
  });

  test("nobody there is refused, by UDP too", async () => {
    const target = await refusingUdp(address);
    expect(await verdict(dns, target, ask("/www.example.com"))).toMatchObject({
      reason: "refused",
    });
  });
});

// With the original a server is asked for what the director's resolv.conf makes of the name.
describe("a name without a dot", () => {
  const searching = dnsWith({ suffixes: ["example.net", "example.com", "example.org"], ndots: 1 });
  test("is completed, until a name has records", async () => {
    await using server = await dnsByUdp("127.0.0.1", zone);
    expect(await verdict(searching, server.endpoint, ask("/www", "^192"))).toEqual({
      up: true,
      detail: "www.example.com A 192.0.2.1",
    });
    expect(server.asked).toHaveLength(2);
  });
  test("is down by the first that has records, were there a better one behind it", async () => {
    await using server = await dnsByUdp("127.0.0.1", {
      ...zone,
      "www.example.org A": { records: [a("10.0.0.1")] },
    });
    expect(await verdict(searching, server.endpoint, ask("/www", "^10\\."))).toMatchObject({
      reason: "mismatch",
      detail: expect.stringContaining("www.example.com is 192.0.2.1"),
    });
  });
  test("is down when none is there, and the first is told", async () => {
    await using server = await dnsByTcp("127.0.0.1", zone);
    const wanted = { ...ask("/nobody"), protocol: "tcp" as const };
    expect(await verdict(searching, server.endpoint, wanted)).toEqual({
      up: false,
      reason: "status",
      detail: "NXDOMAIN for A nobody.example.net",
    });
  });
  test("is asked for as it is when nothing completes it", async () => {
    await using server = await dnsByUdp("127.0.0.1", { "www A": { records: [a("10.0.0.1")] } });
    const without = dnsWith({ suffixes: [], ndots: 1 });
    expect(await verdict(without, server.endpoint, ask("/www"))).toMatchObject({ up: true });
    const impossible = dnsWith({ suffixes: ["x".repeat(64)], ndots: 1 });
    expect(await verdict(impossible, server.endpoint, ask("/www"))).toMatchObject({ up: true });
  });
  test("no name at all, and an address, are not completed", async () => {
    await using server = await dnsByUdp("127.0.0.1", zone);
    expect(await verdict(searching, server.endpoint, ask("/"))).toMatchObject({ up: true });
    expect(await verdict(searching, server.endpoint, ask("/192.0.2.7", "^www"))).toMatchObject({
      up: true,
    });
  });
});

test("what it found is told", async () => {
  await using server = await dnsByUdp("127.0.0.1", zone);
  expect(await verdict(dns, server.endpoint, ask("/www.example.com", "^10"))).toEqual({
    up: false,
    reason: "mismatch",
    detail: 'www.example.com is 192.0.2.1, 192.0.2.2, 2001:db8::2: none fits receive "^10"',
  });
});

test("IPv6 addresses are not asked for when an IPv4 one is enough", async () => {
  await using server = await dnsByUdp("127.0.0.1", zone);
  await verdict(dns, server.endpoint, ask("/www.example.com", "^192"));
  expect(server.asked).toHaveLength(1);
});

test("a question that gets lost is asked again", async () => {
  await using good = await dnsByUdp("127.0.0.1", zone);
  await using lossy = await servingUdp("127.0.0.1", () => []);
  const probe = prepared(dns, { ...ask("/www.example.com"), negotiateTimeoutMs: 200 });
  await outcome(probe, lossy.endpoint, 200);
  expect(lossy.asked).toHaveLength(4);
  expect(new Set(lossy.asked.map((query) => query.toString("hex"))).size).toBe(1);
  expect(good.asked).toHaveLength(0);
});

test("an answer to another question, or with another id, is passed over", async () => {
  await using inner = await dnsByUdp("127.0.0.1", zone);
  await using server = await servingUdp("127.0.0.1", (query) => {
    const stray = Buffer.from(query);
    stray.writeUInt16BE(0x8180, 2);
    const otherId = Buffer.from(stray);
    otherId.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0);
    const otherName = Buffer.from(stray);
    otherName.write("xxx", 13);
    return [otherId, otherName];
  });
  const probe = prepared(dns, ask("/www.example.com"));
  expect((await outcome(probe, server.endpoint, 100)).verdict).toBeUndefined();
  expect((await outcome(probe, inner.endpoint)).verdict).toMatchObject({ up: true });
});

describe("by UDP anybody may send in the server's name", () => {
  const forgeries: readonly [what: string, forge: (query: Buffer) => Buffer][] = [
    ["nothing", () => Buffer.alloc(0)],
    ["one byte", () => Buffer.from([0])],
    ["the query itself", (query) => query],
    ["our id and garbage", (query) => Buffer.concat([query.subarray(0, 2), Buffer.from("zz")])],
    [
      "our id and REFUSED, without the question",
      (query) =>
        Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0])]),
    ],
    [
      "another id",
      (query) => {
        const answer = respond(query, { responseCode: 2 });
        answer.writeUInt16BE(answer.readUInt16BE(0) ^ 1, 0);
        return answer;
      },
    ],
    [
      "another type",
      (query) => {
        const answer = respond(query, { responseCode: 2 });
        answer.writeUInt16BE(15, query.length - 4);
        return answer;
      },
    ],
  ];

  test.for(forgeries)("%s is passed over: a dead server stays down", async ([, forge]) => {
    await using server = await servingUdp("127.0.0.1", (query) => [forge(query)]);
    for (const wanted of [ask("/www.example.com"), ask("/")]) {
      const probe = prepared(dns, wanted);
      expect((await outcome(probe, server.endpoint, 60)).verdict).toBeUndefined();
    }
  });

  test("and a healthy one stays up behind all of it", async () => {
    await using server = await servingUdp("127.0.0.1", (query) => [
      ...forgeries.map(([, forge]) => forge(query)),
      respond(query, { records: [a("192.0.2.1")] }),
    ]);
    expect(await verdict(dns, server.endpoint, ask("/www.example.com"))).toMatchObject({
      up: true,
    });
  });

  test("no two probes have the same id, save by chance", async () => {
    await using server = await dnsByUdp("127.0.0.1", zone);
    for (let i = 0; i < 4; i++) await verdict(dns, server.endpoint, ask("/www.example.com"));
    expect(new Set(server.asked.map((query) => query.readUInt16BE(0))).size).toBeGreaterThan(1);
  });
});

test.for<[what: string, changes: (query: Buffer) => Buffer, said: string]>([
  ["the query thrown back", (query) => query, "no DNS answer: it is a query, not a response"],
  [
    "the answer to another question",
    (query) => respond(Buffer.from(query).fill("x", 13, 16), {}),
    "the answer is to another question",
  ],
])("by TCP %s is told at once", async ([, changes, detail]) => {
  await using server = await serve("127.0.0.1", (socket) => {
    socket.once("data", (bytes) => {
      const message = changes(bytes.subarray(2));
      socket.write(Buffer.concat([Buffer.from([0, message.length]), message]));
    });
  });
  const wanted = { ...ask("/www.example.com"), protocol: "tcp" as const };
  expect(await verdict(dns, server.endpoint, wanted)).toEqual({
    up: false,
    reason: "protocol",
    detail,
  });
});

describe("an answer too long for a datagram", () => {
  const name = "/servers.example.com";
  const cut: Zone = {
    "servers.example.com A": { isTruncated: true, records: manyAddresses.slice(0, 2) },
  };
  const cutEmpty: Zone = { "servers.example.com A": { isTruncated: true } };

  test("is fetched by TCP", async () => {
    // A port that is free for UDP is mostly free for TCP.
    const [udp, tcp] = await vi.waitFor(async () => {
      const first = await dnsByUdp("127.0.0.1", cut);
      try {
        const { port } = first.endpoint;
        return [first, await dnsByTcp("127.0.0.1", zone, { port })] as const;
      } catch (error) {
        await first[Symbol.asyncDispose]();
        throw error;
      }
    });
    await using _tcp = tcp;
    await using _udp = udp;
    expect(await verdict(dns, udp.endpoint, ask(name, "^192\\.0\\.2\\.39$"))).toMatchObject({
      up: true,
    });
  });

  test("is judged by what there is of it when there is no TCP", async () => {
    await using udp = await dnsByUdp("127.0.0.1", cut);
    expect(await verdict(dns, udp.endpoint, ask(name, "^192\\.0\\.2\\.2$"))).toMatchObject({
      up: true,
    });
  });

  test("and without a record in it needs TCP", async () => {
    await using udp = await dnsByUdp("127.0.0.1", cutEmpty);
    expect(await verdict(dns, udp.endpoint, ask(name))).toMatchObject({ reason: "refused" });
  });
});

test("by TCP, a server that closes within an answer is closed", async () => {
  await using server = await serve("127.0.0.1", (socket) => {
    socket.once("data", () => socket.end(Buffer.from([0, 40, 1, 2, 3])));
  });
  expect(
    await verdict(dns, server.endpoint, { ...ask("/www.example.com"), protocol: "tcp" }),
  ).toMatchObject({ reason: "closed" });
});

test("a firewall mark is asked by UDP", async () => {
  await using server = await dnsByUdp("127.0.0.1", zone);
  const virtual = { kind: "fwmark", family: 4, mark: 1 } as const;
  expect(
    await verdict(dns, server.endpoint, { ...ask("/www.example.com"), protocol: "tcp", virtual }),
  ).toMatchObject({ up: true });
});

test("what is wrong with the settings is told, all of it", () => {
  const result = dns.prepare(settings({ request: "/a..b", receive: "(" }));
  expect(result).toEqual({
    ok: false,
    error: [expect.stringContaining("receive: "), expect.stringContaining("request: ")],
  });
});

test("services that ask the same share a probe, others do not", () => {
  const of = (changes: Partial<CheckSettings>) => prepared(dns, changes).probeKey;
  expect(of(ask("/a", "b"))).toBe(of(ask("a", "b")));
  const all = [
    ask("/a", "b"),
    ask("/a"),
    ask("/c", "b"),
    { ...ask("/a", "b"), protocol: "tcp" as const },
  ];
  expect(new Set(all.map(of)).size).toBe(all.length);
});
