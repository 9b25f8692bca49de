import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import {
  loadOpenssl,
  type TlsContext,
  type TlsSettings,
  wantsMore,
} from "../../../../src/native/openssl/openssl.ts";
import type { TlsError } from "../../../../src/native/openssl/words.ts";
import { makeCertificates } from "../../../support/servers/certificates.ts";
import { close, listen } from "../../../support/servers/scripted.ts";

const loaded = loadOpenssl();
if (loaded === undefined) throw new Error("there is no OpenSSL to call here");
const openssl = loaded;
const certificates = makeCertificates("name.example");
afterAll(() => certificates[Symbol.dispose]());
const settings: TlsSettings = {
  ca: readFileSync(certificates.caFile),
  ciphers: "TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
  curves: "X25519:P-256",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
};

test("it is Node's own copy", () => {
  expect(process.versions.openssl).toContain(openssl.version());
});

test.each<[string, Partial<TlsSettings>, RegExp]>([
  ["ciphers that nobody knows", { ciphers: "TLS_AES_128_GCM_SHA256:NONE-SUCH" }, /no cipher match/],
  ["curves that nobody knows", { curves: "none such" }, /./],
])("%s are refused", (_, changes, reason) => {
  expect(() => openssl.context({ ...settings, ...changes })).toThrow(reason);
  // And nothing of it is told of the next one.
  expect(() => openssl.context(settings).free()).not.toThrow();
});

test("what is no certificate adds no authority", () => {
  const context = openssl.context({ ...settings, ca: Buffer.from("-----BEGIN NONE-----\n") });
  context.session("").free();
  context.free();
});

test("a client's first words are in records of TLS, with the name that it asks for", () => {
  const context = openssl.context(settings);
  for (const name of ["www.example.org", ""]) {
    const session = context.session(name);
    expect(session.shakeHands()).toBe(wantsMore);
    const bytes = Buffer.alloc(4096);
    const said = bytes.subarray(0, session.takeToSend(bytes));
    expect(said.subarray(0, 2)).toEqual(Buffer.of(22, 3));
    expect(said.includes("www.example.org")).toBe(name !== "");
    expect(session.takeToSend(bytes)).toBe(0);
    session.free();
  }
  context.free();
});

test("a session outlives its context, and is freed once", () => {
  const context = openssl.context(settings);
  const session = context.session("");
  context.free();
  context.free();
  expect(session.shakeHands()).toBe(wantsMore);
  session.free();
  session.free();
  expect(() => context.session("")).toThrow("freed");
  for (const use of [
    () => session.shakeHands(),
    () => session.read(Buffer.alloc(1)),
    () => session.write(Buffer.alloc(1)),
    () => session.receive(Buffer.alloc(1), 1),
    () => session.takeToSend(Buffer.alloc(1)),
    () => session.chainError(),
  ])
    expect(use).toThrow("freed");
});

test("no more is read of a buffer than there is", () => {
  const context = openssl.context(settings);
  const session = context.session("");
  expect(() => session.receive(Buffer.alloc(1), 2)).toThrow(RangeError);
  session.free();
  context.free();
});

test("an error is told once, in Node's code", () => {
  const context = openssl.context(settings);
  const bad = context.session("");
  bad.receive(Buffer.from("220 mail ESMTP\r\n"), 16);
  expect(() => bad.shakeHands()).toThrow(
    expect.objectContaining({
      code: "ERR_SSL_WRONG_VERSION_NUMBER",
      reason: "wrong version number",
    }),
  );
  bad.free();
  const next = context.session("");
  expect(next.shakeHands()).toBe(wantsMore);
  next.free();
  context.free();
});

/** What a server says to a client's first words, in TLS 1.2: nearly all of it is to be read without a key. */
async function firstFlight(context: TlsContext): Promise<Buffer> {
  const server = createServer(certificates.good, (socket) => socket.on("error", () => {}));
  server.on("tlsClientError", () => {});
  const { address, port } = await listen(server, "127.0.0.1");
  const session = context.session("");
  session.shakeHands();
  const hello = Buffer.alloc(4096);
  const socket = connect(port, address);
  socket.write(hello.subarray(0, session.takeToSend(hello)));
  let said = Buffer.alloc(0);
  for await (const bytes of socket) {
    said = Buffer.concat([said, bytes as Buffer]);
    // Handshake, four bytes: ServerHelloDone.
    if (said.subarray(-9).equals(Buffer.of(22, 3, 3, 0, 4, 14, 0, 0, 0))) break;
  }
  session.free();
  await close(server);
  return said;
}

test("whatever a server says, it is waited for more, or it is an error of TLS", async () => {
  const context = openssl.context({ ...settings, maxVersion: "TLSv1.2" });
  const flight = await firstFlight(context);
  const changes = fc.array(fc.tuple(fc.nat(flight.length - 1), fc.nat(255)), { maxLength: 4 });
  const codes = new Set<unknown>();
  fc.assert(
    fc.property(changes, fc.nat(flight.length), (changed, length) => {
      const said = Buffer.from(flight);
      for (const [at, byte] of changed) said[at] = byte;
      const session = context.session("");
      try {
        session.shakeHands();
        session.receive(said, length);
        expect(session.shakeHands()).toBe(wantsMore);
      } catch (error) {
        expect(error).toMatchObject({ name: "TlsError", code: expect.stringMatching(/^ERR_SSL_/) });
        codes.add((error as TlsError).code);
      } finally {
        session.free();
      }
    }),
    { numRuns: Number(process.env["TLS_FLIGHTS"] ?? (process.env["CI"] ? 3000 : 300)) },
  );
  expect(codes.size).toBeGreaterThan(1);
  context.free();
});
