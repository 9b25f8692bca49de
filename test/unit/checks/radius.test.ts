import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import radius from "../../../checks/radius.ts";
import { addressToBytes } from "../../../src/model/address.ts";
import { Secret } from "../../../src/model/secret.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { refusingUdp, servingUdp } from "../../support/servers/scripted-udp.ts";
import { outcome, prepared, settings, verdict } from "./probing.ts";

const secret = "shared";
const wanted: Partial<CheckSettings> = {
  service: "radius",
  login: "monitor",
  passwd: new Secret("open sesame"),
  secret: new Secret(secret),
};

const accept = 2;
const reject = 3;
const challenge = 11;

interface Packet {
  readonly code: number;
  readonly attributes: ReadonlyMap<number, Buffer>;
}

/** The request as a server that knows the secret reads it, written from RFC 2865 §3 and §5.2. */
function read(request: Buffer): Packet {
  expect(request.readUInt16BE(2)).toBe(request.length);
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at < request.length; at += request[at + 1] ?? 0)
    attributes.set(request[at] ?? 0, request.subarray(at + 2, at + (request[at + 1] ?? 0)));
  return { code: request[0] ?? 0, attributes };
}

function passwordIn(request: Buffer): string {
  const hidden = read(request).attributes.get(2) ?? Buffer.alloc(0);
  const clear = Buffer.alloc(hidden.length);
  let before = request.subarray(4, 20);
  for (let at = 0; at < hidden.length; at += 16) {
    const key = createHash("md5").update(secret).update(before).digest();
    for (let i = 0; i < 16; i++) clear[at + i] = (hidden[at + i] ?? 0) ^ (key[i] ?? 0);
    before = hidden.subarray(at, at + 16);
  }
  return clear.toString().replace(/\0+$/, "");
}

function reply(request: Buffer, code: number, text = "", signedWith = secret): Buffer {
  const attribute =
    text === ""
      ? Buffer.alloc(0)
      : Buffer.from(`\x12${String.fromCharCode(text.length + 2)}${text}`);
  const packet = Buffer.concat([
    Buffer.from([code, request[1] ?? 0, 0, 0]),
    request.subarray(4, 20),
    attribute,
  ]);
  packet.writeUInt16BE(packet.length, 2);
  const authenticator = createHash("md5").update(packet).update(signedWith).digest();
  authenticator.copy(packet, 4);
  return packet;
}

describe.for(loopbacks)("on %s", (address) => {
  test("accepted is up, with the server's words", async () => {
    await using server = await servingUdp(address, (request) => [reply(request, accept, "hello")]);
    expect(await verdict(radius, server.endpoint, wanted)).toEqual({
      up: true,
      detail: "Access-Accept: hello",
    });
  });

  test("the request carries the login, the hidden password and our address", async () => {
    await using server = await servingUdp(address, (request) => [reply(request, accept)]);
    await verdict(radius, server.endpoint, wanted);
    const request = server.asked[0] ?? Buffer.alloc(0);
    const { code, attributes } = read(request);
    expect(code).toBe(1);
    expect(attributes.get(1)?.toString()).toBe("monitor");
    expect(passwordIn(request)).toBe("open sesame");
    expect(request.includes("sesame")).toBe(false);
    expect(attributes.get(address === "::1" ? 95 : 4)).toEqual(addressToBytes(address));
  });

  test("rejected is down(auth), with the server's words", async () => {
    await using server = await servingUdp(address, (request) => [
      reply(request, reject, "no\nway"),
    ]);
    expect(await verdict(radius, server.endpoint, wanted)).toEqual({
      up: false,
      reason: "auth",
      detail: "Access-Reject: no way",
    });
  });

  test("a port where nobody listens is refused", async () => {
    const target = await refusingUdp(address);
    expect(await verdict(radius, target, wanted)).toMatchObject({ reason: "refused" });
  });
});

test("an accept that is not signed with our secret is down when nothing better comes, and says why", async () => {
  await using server = await servingUdp("127.0.0.1", (request) => [
    reply(request, accept, "", "another"),
  ]);
  const said = await verdict(radius, server.endpoint, { ...wanted, checkTimeoutMs: 400 });
  expect(server.asked.length).toBeGreaterThanOrEqual(3);
  expect(said).toMatchObject({ up: false, reason: "auth" });
  expect(said.detail).toContain("secret=");
  expect(said.detail).not.toContain(secret);
});

test("a challenge is no success", async () => {
  await using server = await servingUdp("127.0.0.1", (request) => [
    reply(request, challenge, "code?"),
  ]);
  expect(await verdict(radius, server.endpoint, wanted)).toMatchObject({
    reason: "auth",
    detail: expect.stringContaining("code?"),
  });
});

test("bytes behind the packet are padding", async () => {
  await using server = await servingUdp("127.0.0.1", (request) => [
    Buffer.concat([reply(request, accept), Buffer.from("padding")]),
  ]);
  expect(await verdict(radius, server.endpoint, wanted)).toMatchObject({ up: true });
});

describe("anybody may send in the server's name", () => {
  const forgeries: readonly [what: string, forge: (request: Buffer) => Buffer][] = [
    ["nothing", () => Buffer.alloc(0)],
    ["junk", () => Buffer.from("x")],
    ["a reply cut short", (request) => reply(request, reject, "hello").subarray(0, 19)],
    [
      "a reply that promises more bytes",
      (request) => reply(request, reject, "hello").subarray(0, 24),
    ],
    [
      "a reply without a signature",
      (request) => Buffer.from([reject, request[1] ?? 0, 0, 20, ...Array(16).fill(0)]),
    ],
    ["a reply signed with another secret", (request) => reply(request, reject, "", "another")],
    ["the request itself", (request) => request],
    [
      "a signed reply to another request",
      (request) => {
        const other = Buffer.from(request);
        other[4] = (other[4] ?? 0) ^ 1;
        return reply(other, reject);
      },
    ],
  ];

  test.for(forgeries)("%s is passed over", async ([, forge]) => {
    await using server = await servingUdp("127.0.0.1", (request) => [forge(request)]);
    expect((await outcome(prepared(radius, wanted), server.endpoint, 100)).verdict).toBeUndefined();
  });

  test("and behind all of it the answer counts", async () => {
    await using server = await servingUdp("127.0.0.1", (request) => [
      ...forgeries.map(([, forge]) => forge(request)),
      reply(request, accept),
    ]);
    expect(await verdict(radius, server.endpoint, wanted)).toMatchObject({ up: true });
  });
});

test("an attribute of length 0 costs its words only", async () => {
  await using server = await servingUdp("127.0.0.1", (request) => {
    const packet = Buffer.concat([reply(request, accept), Buffer.from([18, 0])]);
    packet.writeUInt16BE(packet.length, 2);
    request.copy(packet, 4, 4, 20);
    createHash("md5").update(packet).update(secret).digest().copy(packet, 4);
    return [packet];
  });
  expect(await verdict(radius, server.endpoint, wanted)).toEqual({
    up: true,
    detail: "Access-Accept",
  });
});

test("a reply to nothing we asked is passed over", async () => {
  await using server = await servingUdp("127.0.0.1", (request) => {
    const stray = Buffer.from(request);
    stray[1] = ((request[1] ?? 0) + 100) % 256;
    return [reply(stray, reject), reply(request, accept)];
  });
  expect(await verdict(radius, server.endpoint, wanted)).toMatchObject({ up: true });
});

test("without an answer it asks again, in turns with and without a Message-Authenticator", async () => {
  await using server = await servingUdp("127.0.0.1", () => []);
  const probe = prepared(radius, { ...wanted, checkTimeoutMs: 200 });
  await outcome(probe, server.endpoint, 1000);
  // A quarter of its time each: here five times what is looked for, so that a busy machine shows it, too.
  expect(server.asked.length).toBeGreaterThanOrEqual(4);
  const isSigned = server.asked.map((request) => read(request).attributes.has(80));
  expect(isSigned).toEqual(server.asked.map((_, nth) => nth % 2 === 0));
  expect(new Set(server.asked.map((request) => request[1])).size).toBe(server.asked.length);

  const [signed = Buffer.alloc(0)] = server.asked;
  const blank = Buffer.from(signed);
  const at = blank.indexOf(read(signed).attributes.get(80) ?? "");
  blank.fill(0, at, at + 16);
  expect(createHmac("md5", secret).update(blank).digest()).toEqual(signed.subarray(at, at + 16));
});

test.for<[length: number]>([[0], [1], [15], [16], [17], [128]])(
  "a password of %d bytes arrives whole",
  async ([length]) => {
    await using server = await servingUdp("127.0.0.1", (request) => [reply(request, accept)]);
    const password = "p".repeat(length);
    await verdict(radius, server.endpoint, { ...wanted, passwd: new Secret(password) });
    const request = server.asked[0] ?? Buffer.alloc(0);
    expect(passwordIn(request)).toBe(password);
    expect(read(request).attributes.get(2)?.length).toBeGreaterThanOrEqual(16);
  },
);

test("the time is the smaller of the two timeouts", () => {
  const of = (checkTimeoutMs: number, negotiateTimeoutMs: number) =>
    prepared(radius, { ...wanted, checkTimeoutMs, negotiateTimeoutMs }).timeoutMs;
  expect([of(1000, 2000), of(2000, 1000)]).toEqual([1000, 1000]);
});

test("what no request can carry is told", () => {
  expect(
    radius.prepare(settings({ login: "x".repeat(254), passwd: new Secret("x".repeat(129)) })),
  ).toEqual({
    ok: false,
    error: [expect.stringContaining("login"), expect.stringContaining("passwd")],
  });
});

test("another password or secret is another probe", () => {
  const of = (changes: Partial<CheckSettings>) =>
    prepared(radius, { ...wanted, ...changes }).probeKey;
  const all = [{}, { login: "a" }, { passwd: new Secret("a") }, { secret: new Secret("a") }];
  expect(new Set(all.map(of)).size).toBe(all.length);
});
