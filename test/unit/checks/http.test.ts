import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import http from "../../../checks/http.ts";
import { verdictSentTo } from "../../../checks/lib/http/connection.ts";
import { maxBodyBytes, userAgent } from "../../../checks/lib/http/exchange.ts";
import {
  answering,
  close,
  type Loopback,
  listen,
  loopbacks,
  type ScriptedServer,
  serve,
  trickling,
} from "../../support/servers/scripted.ts";
import { outcome, prepared, settings, verdict, word } from "./probing.ts";

const page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest Page";
const reply = (status: string, body = "", headers = ""): string =>
  `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

/** What a check says of a server that answers everything with `text`. */
async function said(text: string | Buffer, changes: Partial<CheckSettings> = {}): Promise<Verdict> {
  await using server = await answering("127.0.0.1", text);
  return await verdict(http, server.endpoint, changes);
}

/** The request as a check puts it on the wire, line by line. */
async function sent(
  changes: Partial<CheckSettings> = {},
  address: Loopback = "127.0.0.1",
): Promise<readonly string[]> {
  let request = "";
  const onRequest = (text: string): void => {
    request = text;
  };
  await using server = await answering(address, page, { onRequest });
  await verdict(http, server.endpoint, changes);
  return request.split("\r\n");
}

/** Answers each path from `routes`. */
async function site(
  routes: (request: IncomingMessage, response: ServerResponse) => void,
  address: Loopback = "127.0.0.1",
): Promise<ScriptedServer> {
  const server = createServer(routes);
  const endpoint = await listen(server, address);
  return {
    endpoint,
    held: () => 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await close(server);
    },
  };
}

describe("the request", () => {
  test("asks for / and names the real server's address, without port, as its host", async () => {
    const lines = await sent();
    expect(lines[0]).toBe("GET / HTTP/1.1");
    expect(lines).toContain("Host: 127.0.0.1");
    expect(lines).toContain("Connection: close");
  });

  test("writes an IPv6 host in brackets", async () => {
    expect(await sent({}, "::1")).toContain("Host: [::1]");
  });

  test("takes virtualhost as it stands, port and all", async () => {
    expect(await sent({ virtualHost: "www.example.org:8080" })).toContain(
      "Host: www.example.org:8080",
    );
  });

  test("says who asks, with the package's version", async () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
    ) as { version: string };
    expect(userAgent).toBe(`ldirectord-ng/${version}`);
    expect(await sent()).toContain(`User-Agent: ${userAgent}`);
  });

  test.for([
    ["index.html", "/index.html"],
    ["/index.html", "/index.html"],
    ["//x", "//x"],
    ["a b", "/a%20b"],
    ["é", "/%C3%A9"],
    ["a%20b?q=1&r=[2]", "/a%20b?q=1&r=[2]"],
    ["a/../b/./c", "/a/../b/./c"],
    ['x"<>^`{|}', "/x%22%3C%3E%5E%60%7B%7C%7D"],
    ["page#part", "/page"],
    ["a\r\nX-Evil: 1", "/a%0D%0AX-Evil:%201"],
    ["http://www.example.org/x", "/http://www.example.org/x"],
  ])("%j goes out as %s", async ([request = "", path]) => {
    expect((await sent({ request }))[0]).toBe(`GET ${path} HTTP/1.1`);
  });

  test("uses HEAD when httpmethod says so, and an empty body then suits no receive", async () => {
    expect((await sent({ httpMethod: "HEAD" }))[0]).toBe("HEAD / HTTP/1.1");
    expect(await said(page, { httpMethod: "HEAD" })).toMatchObject({ up: true });
    expect(await said(page, { httpMethod: "HEAD", receive: "Test" })).toMatchObject({
      reason: "mismatch",
    });
  });

  test("a real server's own URL leads to the host it names, and Host stays the real server's", async () => {
    let host = "";
    await using elsewhere = await site((request, response) => {
      host = `${request.headers.host} ${request.url}`;
      response.end("elsewhere");
    });
    const request = `http://localhost:${elsewhere.endpoint.port}/status?a=b`;
    const target = { address: "127.0.0.1", port: 1 };
    const own = { request, isOwnRequest: true, receive: "elsewhere" };
    expect(await verdict(http, target, own)).toMatchObject({ up: true });
    expect(host).toBe("127.0.0.1 /status?a=b");
  });
});

test.for<[status: string, body: string, receive: string, monitored: string]>([
  ["200 OK", "Welcome", "Wel", "200 OK"],
  ["404 Not Found", "none", "Wel", "404 Not Found"],
  ["200 OK", "50% a|b\n", "Wel", "50% a|b\n"],
  ["200 OK", "x".repeat(20_000), "Wel", "x".repeat(16_384)],
])("a monitorfile gets the status line, or the page that is not as expected: %s", async (row) => {
  const [status, body, receive, monitored] = row;
  await using server = await answering("127.0.0.1", reply(status, body));
  const result = await outcome(prepared(http, { receive }), server.endpoint);
  expect(result.monitored).toBe(monitored);
});

describe("the verdict", () => {
  test.for([
    ["200 OK", "up"],
    ["204 No Content", "up"],
    ["206 Partial Content", "up"],
    ["299 Whatever", "up"],
    ["304 Not Modified", "status"],
    ["401 Unauthorized", "status"],
    ["404 Not Found", "status"],
    ["503 Service Unavailable", "status"],
  ])("%s is %s", async ([status = "", expected]) => {
    const result = await said(reply(status));
    expect(result.up ? "up" : result.reason).toBe(expected);
    expect(result.detail).toBe(status);
  });

  test("receive is searched in the body, whatever stands around it", async () => {
    expect(await said(page, { receive: "st P" })).toEqual({ up: true, detail: "200 OK" });
  });

  test("a body without it is down, and the detail shows how the body starts", async () => {
    expect(await said(reply("200 OK", "It works!\n"), { receive: "Test Page" })).toEqual({
      up: false,
      reason: "mismatch",
      detail: '200 OK, but receive "Test Page" is not in the body of 10 bytes: "It works!"',
    });
  });

  test("receive written in UTF-8 finds the bytes of the page", async () => {
    const bytes = Buffer.from("Grüße", "utf8");
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`;
    expect(
      await said(Buffer.concat([Buffer.from(head), bytes]), { receive: "^Grüße$" }),
    ).toMatchObject({ up: true });
  });

  test("chunks are put together before they are searched", async () => {
    const chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nTest \r\n4\r\nPage\r\n0\r\n\r\n";
    expect(await said(chunked, { receive: "^Test Page$" })).toMatchObject({ up: true });
  });

  test("headers that break the rules, and no reason phrase, are not our quarrel", async () => {
    const sloppy = "HTTP/1.0 200\nServer: odd\x01one\n\nTest Page";
    expect(await said(sloppy, { receive: "Test Page" })).toMatchObject({ up: true });
  });

  test("a body that ends before its promised length counts as what came", async () => {
    const short = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nTest Page";
    expect(await said(short, { receive: "Test" })).toEqual({
      up: true,
      detail: "200 OK (9 bytes, closed before its end)",
    });
    expect(await said(short, { receive: "missing" })).toMatchObject({ reason: "mismatch" });
  });

  test("a protocol that is not HTTP is down", async () => {
    expect(await said("SSH-2.0-OpenSSH_9.2\r\n")).toMatchObject({ reason: "protocol" });
  });

  test("headers without end are cut off", async () => {
    const long = `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`;
    expect(await said(long)).toMatchObject({ reason: "protocol" });
  });

  test("interim replies are passed over, but not for ever", async () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    expect(await said(interim.repeat(3) + page)).toMatchObject({ up: true });
    expect(await said(interim.repeat(100) + page)).toMatchObject({ reason: "protocol" });
  });

  test("101 is no page", async () => {
    const upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
    expect(await said(upgrade)).toMatchObject({
      reason: "status",
      detail: "101 Switching Protocols",
    });
  });

  test("an empty reply is down as closed", async () => {
    expect(await said("")).toMatchObject({ reason: "closed" });
  });
});

for (const address of loopbacks) {
  test(`a reply that comes byte by byte is read to its end, on ${address}`, async () => {
    await using server = await answering(address, page, { chunkBytes: 1 });
    expect(await verdict(http, server.endpoint, { receive: "Test Page$" })).toMatchObject({
      up: true,
    });
  });

  test(`a body that never ends is judged by its first ${maxBodyBytes} bytes, on ${address}`, async () => {
    await using server = await serve(address, (socket) => {
      socket.resume().write("HTTP/1.1 200 OK\r\n\r\nTest Page");
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, ".")));
      };
      socket.on("drain", pour);
      pour();
    });
    expect(await verdict(http, server.endpoint, { receive: "Test" })).toEqual({
      up: true,
      detail: `200 OK (${maxBodyBytes} bytes, and then more than we read)`,
    });
    expect(await verdict(http, server.endpoint, { receive: "missing" })).toMatchObject({
      reason: "mismatch",
    });
  });

  test(`a trickle of good HTTP lasts until the probe is cut, on ${address}`, async () => {
    const start = "HTTP/1.1 200 OK\r\n\r\n";
    await using server = await trickling(address, (index) => start[index] ?? ".");
    const result = await outcome(prepared(http), server.endpoint, 200);
    expect(word(result)).toBe("no verdict");
    expect(result.lateTurns).toBeLessThan(1000);
  });
}

describe("redirects", () => {
  /** /0 leads to /1, and so on to the page at /`last`. */
  const chain =
    (last: number) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const step = Number(request.url?.slice(1));
      if (step >= last) response.end("the end");
      else response.writeHead(302, { Location: `/${step + 1}` }).end();
    };

  test("seven are followed", async () => {
    await using server = await site(chain(7));
    const asked = { request: "/0", receive: "the end" };
    expect(await verdict(http, server.endpoint, asked)).toEqual({
      up: true,
      detail: "200 OK after 7 redirects",
    });
  });

  test("the eighth is the verdict", async () => {
    await using server = await site(chain(8));
    expect(await verdict(http, server.endpoint, { request: "/0" })).toEqual({
      up: false,
      reason: "status",
      detail: "302 Found after 7 redirects, redirects to /8",
    });
  });

  test.for([301, 302, 303, 307, 308])("%i is one", async (status) => {
    await using server = await site((request, response) => {
      if (request.url === "/") response.writeHead(status, { Location: "page" }).end();
      else response.end("page");
    });
    expect(await verdict(http, server.endpoint, { receive: "page" })).toMatchObject({ up: true });
  });

  test("another host is asked under its own name, on IPv6 too", async () => {
    let host: string | undefined;
    await using other = await site((request, response) => {
      host = request.headers.host;
      response.end("other");
    }, "::1");
    const location = `http://[::1]:${other.endpoint.port}/there`;
    await using server = await site((_request, response) => {
      response.writeHead(302, { Location: location }).end();
    });
    const asked = { virtualHost: "www.example.org", receive: "other" };
    expect(await verdict(http, server.endpoint, asked)).toMatchObject({ up: true });
    expect(host).toBe(`[::1]:${other.endpoint.port}`);
  });

  test("one that leads nowhere takes the server down with the reason found there", async () => {
    const answer = reply("302 Found", "", "Location: http://127.0.0.1:1/\r\n");
    expect(await said(answer)).toMatchObject({ reason: "refused" });
  });

  const redirect = (location: string): string =>
    reply("302 Found", "", `Location: ${location}\r\n`);

  // An operator saw a server stay in that led all clients to 255.255.255.255: its errors were called our trouble.
  test.for([
    "http://255.255.255.255/",
    "http://224.0.0.1/",
    "http://[2001:db8::1]/",
    "http://[ff02::1]/",
    "http://no-such-name.invalid/",
  ])("to where nobody comes from here is the server's choice: %s", async (location) => {
    expect(await said(redirect(location))).toMatchObject({ up: false, reason: "unreachable" });
  });

  // Each of these was "the check itself failed", with a stack of up to 61 KB in the log.
  test.for([
    "http://[fe80::1]/",
    `http://${"a.".repeat(150)}example/`,
    `http://${"a".repeat(64)}.example/`,
    "http://a..example/",
    `http://${"\xe4\xb8\xad".repeat(20_000)}/`,
    `/${"a".repeat(2048)}`,
  ])("to what can be no place is no HTTP: %s", async (location) => {
    expect(await said(redirect(location))).toMatchObject({ up: false, reason: "protocol" });
  });

  test("without a descriptor to follow one with, there is no verdict", async () => {
    const target = { host: "192.0.2.1", port: 80 };
    for (const code of ["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"]) {
      const error = Object.assign(new Error(code), { code, syscall: "connect", ...target });
      await expect(verdictSentTo(error)).rejects.toBe(error);
    }
    for (const code of ["EPERM", "EACCES", "ENETUNREACH", "EADDRNOTAVAIL", "EINVAL"]) {
      const error = Object.assign(new Error(code), { code, syscall: "connect", ...target });
      expect(await verdictSentTo(error)).toMatchObject({ up: false, reason: "unreachable" });
    }
  });

  test.for(["", "Location: ftp://127.0.0.1/\r\n", "Location: http://[\r\n"])(
    "one that cannot be followed is its status: %j",
    async (header) => {
      expect(await said(reply("302 Found", "", header))).toMatchObject({ reason: "status" });
    },
  );
});

describe("what is wrong with the settings is told at load", () => {
  const problems = (changes: Partial<CheckSettings>): readonly string[] => {
    const result = http.prepare(settings(changes));
    return result.ok ? [] : result.error;
  };

  test("all of it at once", () => {
    expect(problems({ receive: "(x", virtualHost: "a\nb" })).toEqual([
      "receive: missing closing ): `(x`",
      "virtualhost: has a character that no Host header can carry",
    ]);
  });

  test("a URL of the other scheme", () => {
    expect(problems({ request: "https://x/", isOwnRequest: true })).toEqual([
      'request: "https://x/" does not go with service=http',
    ]);
    expect(problems({ request: "http://:x/", isOwnRequest: true })).toHaveLength(1);
  });
});

test("it has negotiatetimeout", () => {
  expect(prepared(http, { negotiateTimeoutMs: 7000 }).timeoutMs).toBe(7000);
});

test("probes are the same when they send and expect the same", () => {
  const same = (changes: Partial<CheckSettings>): string => prepared(http, changes).probeKey;
  expect(same({ request: "/x" })).toBe(same({ request: "x" }));
  const different: Partial<CheckSettings>[] = [
    {},
    { request: "/x" },
    { receive: "x" },
    { httpMethod: "HEAD" },
    { virtualHost: "x" },
    { service: "https" },
  ];
  expect(new Set(different.map(same)).size).toBe(different.length);
});
