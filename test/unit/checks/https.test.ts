import { createServer } from "node:https";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import http from "../../../checks/http.ts";
import { isLocalFault } from "../../../checks/lib/fault.ts";
import { type KeyPair, makeCertificates } from "../../support/servers/certificates.ts";
import {
  answering,
  close,
  type Loopback,
  listen,
  loopbacks,
  serve,
} from "../../support/servers/scripted.ts";
import { outcome, prepared, verdict, word } from "./probing.ts";

const certificates = makeCertificates("name.example");
afterAll(() => certificates[Symbol.dispose]());

const systemStore = process.env["SSL_CERT_FILE"];
function trust(file: string | undefined): void {
  if (file === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = file;
}
afterEach(() => trust(systemStore));

/** An https server, and the names it was asked for by SNI (false: by none). */
async function site({ key, cert }: KeyPair, address: Loopback = "127.0.0.1") {
  const names: (string | false)[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    const { servername } = request.socket as TLSSocket & { readonly servername: string | false };
    names.push(servername);
    response.end("Test Page");
  });
  server.on("tlsClientError", () => {});
  const endpoint = await listen(server, address);
  return {
    endpoint,
    names,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await close(server);
    },
  };
}

const https = { service: "https" };

for (const address of loopbacks) {
  test(`a chain that ends at a trusted authority is up, whatever name it is for, on ${address}`, async () => {
    trust(certificates.caFile);
    await using server = await site(certificates.good, address);
    expect(await verdict(http, server.endpoint, { ...https, receive: "Test" })).toEqual({
      up: true,
      detail: "200 OK",
    });
  });
}

describe("the chain is verified", () => {
  test("an authority that this system does not know", async () => {
    trust(undefined);
    await using server = await site(certificates.good);
    expect(await verdict(http, server.endpoint, https)).toEqual({
      up: false,
      reason: "tls",
      detail: "certificate: unable to verify the first certificate",
    });
  });

  test("a certificate that signed itself", async () => {
    trust(certificates.caFile);
    await using server = await site(certificates.selfSigned);
    expect(await verdict(http, server.endpoint, https)).toEqual({
      up: false,
      reason: "tls",
      detail: "certificate: self-signed certificate",
    });
  });

  test("one that is past its time", async () => {
    trust(certificates.caFile);
    await using server = await site(certificates.expired);
    expect(await verdict(http, server.endpoint, https)).toEqual({
      up: false,
      reason: "tls",
      detail: "certificate: certificate has expired",
    });
  });

  test("one that signed itself is fine once it is in the trusted file", async () => {
    trust(certificates.selfSigned.certFile);
    await using server = await site(certificates.selfSigned);
    expect(await verdict(http, server.endpoint, https)).toMatchObject({ up: true });
  });

  test("a trusted file that cannot be read is our trouble, not the server's", async () => {
    trust(`${certificates.folder}/none.pem`);
    await using server = await site(certificates.good);
    const result = await outcome(prepared(http, https), server.endpoint);
    expect(word(result)).toBe("no verdict");
    expect(isLocalFault(result.error)).toBe("CA_STORE");
  });
});

describe("the server is asked for", () => {
  test.for([
    [undefined, false],
    ["www.example.org", "www.example.org"],
    ["www.example.org:8443", "www.example.org"],
    ["192.0.2.7", false],
    ["[2001:db8::7]:443", false],
  ] as const)("virtualhost %s: the name %s", async ([virtualHost, name]) => {
    trust(certificates.caFile);
    await using server = await site(certificates.good);
    const said = await verdict(http, server.endpoint, {
      ...https,
      ...(virtualHost === undefined ? {} : { virtualHost }),
    });
    expect(said).toMatchObject({ up: true });
    expect(server.names).toEqual([name]);
  });
});

describe("a handshake that fails", () => {
  test("a server without TLS", async () => {
    await using server = await answering("127.0.0.1", "HTTP/1.1 400 Bad Request\r\n\r\n");
    expect(await verdict(http, server.endpoint, https)).toEqual({
      up: false,
      reason: "tls",
      detail: "TLS: wrong version number",
    });
  });

  test("a server that hangs up in it", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      socket.once("data", () => socket.end());
    });
    expect(await verdict(http, server.endpoint, https)).toEqual({
      up: false,
      reason: "closed",
      detail: "connection closed during the TLS handshake",
    });
  });

  test("a handshake that arrives byte by byte is completed", async () => {
    trust(certificates.caFile);
    await using server = await site(certificates.good);
    await using slow = await serve("127.0.0.1", (socket) => {
      const inner = connect(server.endpoint.port, "127.0.0.1");
      socket.setNoDelay(true).pipe(inner);
      inner.on("error", () => {});
      inner.on("data", (bytes) => {
        for (const byte of bytes) socket.write(Buffer.of(byte));
      });
      socket.on("close", () => inner.destroy());
      inner.on("close", () => socket.end());
    });
    expect(await verdict(http, slow.endpoint, https)).toMatchObject({ up: true });
  });
});

test("a redirect from http to https is followed, and the chain counts there", async () => {
  await using secure = await site(certificates.good);
  const location = `Location: https://127.0.0.1:${secure.endpoint.port}/\r\n`;
  const reply = `HTTP/1.1 301 Moved\r\n${location}Content-Length: 0\r\n\r\n`;
  await using plain = await answering("127.0.0.1", reply);
  trust(certificates.caFile);
  expect(await verdict(http, plain.endpoint, { receive: "Test" })).toMatchObject({ up: true });
  trust(undefined);
  expect(await verdict(http, plain.endpoint, { receive: "Test" })).toMatchObject({ reason: "tls" });
});
