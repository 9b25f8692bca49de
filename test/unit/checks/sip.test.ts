import { describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import sip from "../../../checks/sip.ts";
import { formatHost } from "../../../src/model/address.ts";
import { answering, closing, loopbacks, serve, silent } from "../../support/servers/scripted.ts";
import { refusingUdp, servingUdp } from "../../support/servers/scripted-udp.ts";
import { outcome, prepared, settings, verdict } from "./probing.ts";

const asked = (changes: Partial<CheckSettings> = {}): Partial<CheckSettings> => ({
  service: "sip",
  login: "ldirectord@director",
  ...changes,
});

const callIdIn = (request: string): string => /^Call-ID: (\S+)\r$/m.exec(request)?.[1] ?? "";
/** What every response repeats of its request. RFC 3261 §8.2.6.2. */
const repeated = (request: Buffer | string): string =>
  `${request}`
    .split("\r\n")
    .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
    .map((line) => `${line}\r\n`)
    .join("");
const response = (statusLine: string, { callId = "", headers = "", body = "" } = {}): string =>
  `${statusLine}\r\n${callId === "" ? "" : `Call-ID: ${callId}\r\n`}${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

describe.for(loopbacks)("on %s", (address) => {
  test.for<[statusLine: string, said: object]>([
    ["SIP/2.0 200 OK", { up: true, detail: "SIP/2.0 200 OK" }],
    ["SIP/2.0 200 Fine", { up: true }],
    ["SIP/2.0 404 Not Found", { reason: "status", detail: "SIP/2.0 404 Not Found" }],
    ["SIP/2.0 503 Service Unavailable", { reason: "status" }],
  ])("by UDP, and byte by byte by TCP: %s", async ([statusLine, said]) => {
    const reply = response(statusLine);
    await using udp = await servingUdp(address, (request) => [
      response(statusLine, { headers: repeated(request) }),
    ]);
    expect(await verdict(sip, udp.endpoint, asked({ protocol: "udp" }))).toMatchObject(said);
    await using tcp = await answering(address, reply, { chunkBytes: 1 });
    expect(await verdict(sip, tcp.endpoint, asked())).toMatchObject(said);
  });

  test.for(["SIP/2.0 2000 OK", "HTTP/1.1 400 Bad Request"])(
    "by TCP what is no SIP is told at once: %s",
    async (statusLine) => {
      await using tcp = await answering(address, response(statusLine), { chunkBytes: 1 });
      expect(await verdict(sip, tcp.endpoint, asked())).toMatchObject({ reason: "protocol" });
    },
  );

  test.for<["tcp" | "udp"]>([["tcp"], ["udp"]])(
    "the request by %s has every header, our own address and the transport",
    async ([protocol]) => {
      let request = "";
      await using tcp = await answering(address, response("SIP/2.0 200 OK"), {
        onRequest: (text) => {
          request = text;
        },
      });
      await using udp = await servingUdp(address, (datagram) => {
        request = `${datagram}`;
        return [response("SIP/2.0 200 OK", { headers: repeated(request) })];
      });
      await verdict(sip, protocol === "tcp" ? tcp.endpoint : udp.endpoint, asked({ protocol }));
      expect(request.split("\r\n")).toEqual([
        "OPTIONS sip:ldirectord@director SIP/2.0",
        expect.stringMatching(/^Via: SIP\/2\.0\/(TCP|UDP) \S+:\d+;branch=z9hG4bK[0-9a-f]{16}$/),
        "Max-Forwards: 70",
        "To: <sip:ldirectord@director>",
        expect.stringMatching(/^From: <sip:ldirectord@director>;tag=[0-9a-f]+$/),
        expect.stringMatching(/^Call-ID: [0-9a-f]{16}$/),
        expect.stringMatching(/^CSeq: [1-9]\d{0,9} OPTIONS$/),
        "Contact: <sip:ldirectord@director>",
        "Accept: application/sdp",
        "Content-Length: 0",
        "",
        "",
      ]);
      expect(request).toContain(`Via: SIP/2.0/${protocol.toUpperCase()} ${formatHost(address)}:`);
    },
  );

  test("without a login the server itself is addressed", async () => {
    let request = "";
    await using server = await answering(address, response("SIP/2.0 200 OK"), {
      onRequest: (text) => {
        request = text;
      },
    });
    await verdict(sip, server.endpoint, { service: "sip" });
    expect(request).toContain(`OPTIONS sip:${formatHost(address)} SIP/2.0\r\n`);
  });

  test("by UDP a port where nobody listens is refused", async () => {
    const target = await refusingUdp(address);
    expect(await verdict(sip, target, asked({ protocol: "udp" }))).toMatchObject({
      reason: "refused",
    });
  });
});

describe("a response that is not the last", () => {
  const trying = response("SIP/2.0 100 Trying", { body: "wait\r\n\r\nSIP/2.0 503 No\r\n\r\n" });

  test("is passed over with its body, by TCP", async () => {
    const reply = trying + response("SIP/2.0 200 OK");
    await using server = await answering("127.0.0.1", reply, { chunkBytes: 3 });
    expect(await verdict(sip, server.endpoint, asked())).toMatchObject({ up: true });
  });

  test("is passed over by UDP", async () => {
    await using server = await servingUdp("127.0.0.1", (request) => [
      response("SIP/2.0 100 Trying", { headers: repeated(request) }),
      response("SIP/2.0 404 Not Found", { headers: repeated(request) }),
    ]);
    expect(await verdict(sip, server.endpoint, asked({ protocol: "udp" }))).toMatchObject({
      reason: "status",
    });
  });

  test("and then the end, within its body or after it, is closed", async () => {
    for (const reply of [trying, trying.slice(0, -5)]) {
      await using server = await answering("127.0.0.1", reply);
      expect(await verdict(sip, server.endpoint, asked())).toMatchObject({ reason: "closed" });
    }
  });
});

describe("by UDP anybody may send in the server's name", () => {
  const udp = asked({ protocol: "udp" });
  const ok = (request: Buffer, change: (headers: string) => string = (headers) => headers) =>
    response("SIP/2.0 200 OK", { headers: change(repeated(request)) });
  const forgeries: readonly [what: string, forge: (request: Buffer) => Buffer | string][] = [
    ["nothing", () => ""],
    ["one byte", () => "x"],
    ["another protocol", () => "HTTP/1.1 200 OK\r\n\r\n"],
    ["200 and no more", () => "SIP/2.0 200 OK\r\n\r\n"],
    ["another call", (request) => ok(request, (it) => it.replace(/^(Call-ID: ).*$/m, "$1f00\r"))],
    ["no call", (request) => ok(request, (it) => it.replace(/^Call-ID.*\r\n/m, ""))],
    [
      "another branch",
      (request) => ok(request, (it) => it.replace(/branch=\S+/, "branch=z9hG4bK1")),
    ],
    ["no Via", (request) => ok(request, (it) => it.replace(/^Via.*\r\n/m, ""))],
    ["another number", (request) => ok(request, (it) => it.replace(/^(CSeq: )\d+/m, "$163104"))],
    ["another method", (request) => ok(request, (it) => it.replace(/OPTIONS/, "INVITE"))],
    ["our call in the body", (request) => `SIP/2.0 200 OK\r\n\r\n${repeated(request)}`],
    ["our own request", (request) => request],
  ];

  test.for(forgeries)("%s is passed over: a dead server stays down", async ([, forge]) => {
    await using server = await servingUdp("127.0.0.1", (request) => [forge(request)]);
    expect((await outcome(prepared(sip, udp), server.endpoint, 60)).verdict).toBeUndefined();
  });

  test("and a healthy one stays up behind all of it", async () => {
    await using server = await servingUdp("127.0.0.1", (request) => [
      ...forgeries.map(([, forge]) => forge(request)),
      ok(request),
    ]);
    expect(await verdict(sip, server.endpoint, udp)).toMatchObject({ up: true });
  });

  test("headers may be short, folded, and in any case", async () => {
    await using server = await servingUdp("127.0.0.1", (request) => [
      ok(request, (it) =>
        it
          .replace(/^Via: /m, "v:")
          .replace(/;branch=/, ";rport=5\r\n\t;BRANCH = ")
          .replace(/^Call-ID: /m, "i : ")
          .replace(/^CSeq: (\d+) /m, "cseq:$1   "),
      ),
    ]);
    expect(await verdict(sip, server.endpoint, udp)).toMatchObject({ up: true });
  });
});

test("by TCP a response may leave out the call, but not name another", async () => {
  const other = response("SIP/2.0 200 OK", { callId: "another" });
  await using server = await answering("127.0.0.1", other + response("SIP/2.0 486 Busy Here"));
  expect(await verdict(sip, server.endpoint, asked())).toMatchObject({
    detail: "SIP/2.0 486 Busy Here",
  });
});

test("each probe is a call of its own, or a proxy would take it for one it knows", async () => {
  await using server = await servingUdp("127.0.0.1", (request) => [
    response("SIP/2.0 200 OK", { headers: repeated(request) }),
  ]);
  const probe = prepared(sip, asked({ protocol: "udp" }));
  await outcome(probe, server.endpoint);
  await outcome(probe, server.endpoint);
  const [first = "", second = ""] = server.asked.map((datagram) => `${datagram}`);
  expect(callIdIn(first)).not.toBe(callIdIn(second));
  expect(/branch=\S+/.exec(first)?.[0]).not.toBe(/branch=\S+/.exec(second)?.[0]);
  expect(/CSeq: \d+/.exec(first)?.[0]).not.toBe(/CSeq: \d+/.exec(second)?.[0]);
});

test("by UDP it is asked once", async () => {
  await using server = await servingUdp("127.0.0.1", () => []);
  await outcome(
    prepared(sip, asked({ protocol: "udp", negotiateTimeoutMs: 100 })),
    server.endpoint,
    100,
  );
  expect(server.asked).toHaveLength(1);
});

test("blank lines before the response are no response", async () => {
  await using server = await answering("127.0.0.1", `\r\n\r\n${response("SIP/2.0 200 OK")}`);
  expect(await verdict(sip, server.endpoint, asked())).toMatchObject({ up: true });
});

test("headers without an end are bounded", async () => {
  await using server = await serve("127.0.0.1", (socket) => {
    socket.resume().write("SIP/2.0 200 OK\r\n");
    const chunk = Buffer.alloc(64 * 1024, "X: y\r\n");
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", pour);
    pour();
  });
  expect(await verdict(sip, server.endpoint, asked())).toMatchObject({ reason: "protocol" });
});

test("a server that closes, and one that is silent", async () => {
  await using shut = await closing("127.0.0.1");
  expect(await verdict(sip, shut.endpoint, asked())).toMatchObject({ reason: "closed" });
  await using quiet = await silent("127.0.0.1");
  expect((await outcome(prepared(sip, asked()), quiet.endpoint, 50)).isCut).toBe(true);
});

test("a login that would break the request is told when the file is read", () => {
  for (const login of ["a b", "a>b"])
    expect(sip.prepare(settings({ login }))).toEqual({
      ok: false,
      error: [expect.stringContaining("login: ")],
    });
});

test("another login or transport is another probe", () => {
  const all = [asked(), asked({ login: "x" }), asked({ protocol: "udp" })];
  expect(new Set(all.map((wanted) => prepared(sip, wanted).probeKey)).size).toBe(all.length);
});
