import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { loadOpenssl, type TlsSettings, wantsMore } from "../../../src/native/openssl.ts";
import { makeCertificates } from "../../support/servers/certificates.ts";

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
