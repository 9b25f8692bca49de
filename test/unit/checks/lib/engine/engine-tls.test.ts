/** TLS by OpenSSL's own calls says what Node's says, and frees what it takes. */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import http from "../../../../../checks/http.ts";
import { useEngine } from "../../../../../checks/lib/engine/engine.ts";
import { ask } from "../../../../../checks/lib/http/ask.ts";
import { Run } from "../../../../../checks/lib/run-signal.ts";
import type { Endpoint } from "../../../../../src/model/address.ts";
import {
  loadOpenssl,
  type TlsContext,
  type TlsSession,
} from "../../../../../src/native/openssl/openssl.ts";
import { makeCertificates } from "../../../../support/servers/certificates.ts";
import {
  close,
  listen,
  type ScriptedServer,
  serve,
  silent,
} from "../../../../support/servers/scripted.ts";
import { eventually, outcome, prepared } from "../../probing.ts";

const openssl = loadOpenssl();
if (openssl === undefined) throw new Error("there is no OpenSSL to call here");
const certificates = makeCertificates("name.example");
const { good, expired, selfSigned, caFile } = certificates;
const systemStore = process.env["SSL_CERT_FILE"];
const trust = (file: string): void => {
  process.env["SSL_CERT_FILE"] = file;
};
trust(caFile);
afterAll(() => {
  if (systemStore === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = systemStore;
  certificates[Symbol.dispose]();
});

/** All contexts and sessions that there were. */
const contexts: TlsContext[] = [];
const sessions: TlsSession[] = [];
const { context: makeContext } = openssl;
vi.spyOn(openssl, "context").mockImplementation((settings) => {
  const context = makeContext(settings);
  const makeSession = context.session.bind(context);
  contexts.push(context);
  context.session = (serverName) => {
    const session = makeSession(serverName);
    sessions.push(session);
    return session;
  };
  return context;
});
const isFreed = (it: TlsSession): boolean => {
  try {
    it.takeToSend(Buffer.alloc(0));
    return false;
  } catch {
    return true;
  }
};

afterEach(() => {
  useEngine("native");
  trust(caFile);
  expect(sessions.filter((session) => !isFreed(session))).toEqual([]);
  sessions.length = 0;
});

const page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const answerPage = (socket: TLSSocket): void => {
  socket.once("data", () => socket.end(page));
};

async function inTls(
  options: TlsOptions,
  onSecure: (socket: TLSSocket) => void = answerPage,
): Promise<Pick<ScriptedServer, "endpoint"> & AsyncDisposable> {
  const server = createServer({ ...good, ...options }, (socket) => {
    socket.on("error", () => {});
    onSecure(socket);
  });
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  return {
    endpoint: await listen(server, "127.0.0.1"),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await close(server);
    },
  };
}
/** It says that, whatever it is asked, and then ends. */
const saying = (...bytes: number[]): Promise<ScriptedServer> =>
  serve("127.0.0.1", (socket) => {
    socket.once("data", () => socket.end(Buffer.from(bytes)));
  });

async function told(target: Endpoint, by: "native" | "node"): Promise<unknown> {
  useEngine(by);
  const { verdict, error } = await outcome(prepared(http, { service: "https" }), target);
  return verdict ?? error;
}

const alert = (level: number, description: number): number[] => [
  ...[21, 3, 3, 0, 2],
  level,
  description,
];
const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
const renegotiating = (socket: TLSSocket): void => {
  socket.once("data", () => {
    socket.renegotiate({}, () => socket.end(page));
  });
};

test.each<[string, string, () => ReturnType<typeof inTls>, string?]>([
  ["a good chain", "200 OK", () => inTls({})],
  ["TLS 1.2", "200 OK", () => inTls({ maxVersion: "TLSv1.2" })],
  [
    "a new handshake after the request",
    "200 OK",
    () => inTls({ maxVersion: "TLSv1.2" }, renegotiating),
  ],
  ["TLS 1.1", "TLS: tlsv1 alert protocol version", () => inTls(old)],
  [
    "no cipher in common",
    "alert handshake failure",
    () => inTls({ ciphers: "ECDHE-RSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" }),
  ],
  ["a chain that signed itself", "certificate: self-signed certificate", () => inTls(selfSigned)],
  ["one past its time", "certificate: certificate has expired", () => inTls(expired)],
  [
    "one of an unknown authority",
    "certificate: unable to verify the first certificate",
    () => inTls({}),
    selfSigned.certFile,
  ],
  [
    "one past its time, of an unknown authority",
    "certificate: certificate has expired",
    () => inTls(expired),
    selfSigned.certFile,
  ],
  [
    "one that signed itself, with its authority",
    "certificate: self-signed certificate in certificate chain",
    () => inTls({ cert: Buffer.concat([good.cert, readFileSync(caFile)]) }),
    selfSigned.certFile,
  ],
  ["an alert", "alert handshake failure", () => saying(...alert(2, 40))],
  [
    "an end in TLS, and nothing more",
    "connection closed during the TLS handshake",
    () =>
      serve("127.0.0.1", (socket) => {
        socket.once("data", () => socket.write(Buffer.from(alert(1, 0))));
      }),
  ],
  ["an end", "connection closed during the TLS handshake", () => saying()],
  [
    "another protocol",
    "TLS: wrong version number",
    () => saying(...Buffer.from("220 mail ESMTP\r\n")),
  ],
  ["half a record", "connection closed during the TLS handshake", () => saying(22, 3, 3, 0, 90, 2)],
  [
    "a reset",
    "connection reset",
    () => serve("127.0.0.1", (socket) => void socket.once("data", () => socket.resetAndDestroy())),
  ],
])("%s is told in Node's words: %s", async (_, detail, open, authority = caFile) => {
  trust(authority);
  await using server = await open();
  const ours = await told(server.endpoint, "native");
  // OpenSSL puts a few things in other words from 3.2 on.
  expect(ours).toMatchObject({ detail: expect.stringContaining(detail) });
  expect(ours).toEqual(await told(server.endpoint, "node"));
  expect(sessions).toHaveLength(1);
});

test("a request that the system does not take at once is sent to its end", async () => {
  const path = `/${"x".repeat(12 * 1024 * 1024)}`;
  let received = 0;
  await using server = await inTls({}, (socket) => {
    let end = "";
    socket.on("data", (bytes) => {
      received += bytes.length;
      end = (end + bytes.toString("latin1")).slice(-4);
      if (end === "\r\n\r\n") socket.end(page);
    });
  });
  const { address: host, port } = server.endpoint;
  const there = { scheme: "https", host, port, path, hostHeader: "www", serverName: "" } as const;
  expect(await ask(there, "GET", server.endpoint, new Run())).toMatchObject({ body: "hi" });
  expect(received).toBeGreaterThan(path.length);
});

test("what comes in one piece with the end of the handshake is heard", async () => {
  await using server = await inTls({ maxVersion: "TLSv1.2" }, (socket) => {
    socket.write("220 mail.example ESMTP\r\n");
  });
  await using relay = await serve("127.0.0.1", (socket) => {
    const inner = connect(server.endpoint.port, "127.0.0.1");
    inner.on("error", () => {});
    socket.on("close", () => inner.destroy());
    socket.pipe(inner);
    // The hello of the server; then all up to a record of data.
    inner.once("data", (hello) => {
      socket.write(hello);
      let held = Buffer.alloc(0);
      inner.on("data", (bytes) => {
        held = Buffer.concat([held, bytes]);
        if (held.includes(Buffer.of(23, 3, 3))) socket.write(held);
      });
    });
  });
  expect(await told(relay.endpoint, "native")).toMatchObject({ reason: "protocol" });
});

test("one that is cut in its handshake leaves nothing open", async () => {
  await using server = await silent("127.0.0.1");
  const result = await outcome(prepared(http, { service: "https" }), server.endpoint, 50);
  expect(result).toMatchObject({ isCut: true });
  expect(sessions).toHaveLength(1);
  expect(await eventually(() => server.held() === 0)).toBe(true);
});

test("the authorities of yesterday are freed once the file is another", async () => {
  await using server = await inTls({});
  await told(server.endpoint, "native");
  trust(selfSigned.certFile);
  await told(server.endpoint, "native");
  expect(() => contexts.at(-2)?.session("")).toThrow("freed");
  expect(() => contexts.at(-1)?.session("").free()).not.toThrow();
});
