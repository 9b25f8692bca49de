import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import httpProxy from "../../../checks/http-proxy.ts";
import type { Endpoint } from "../../../src/model/address.ts";
import { makeCertificates, trust } from "../../support/servers/certificates.ts";
import { answering, close, listen, loopbacks, serve } from "../../support/servers/scripted.ts";
import { eventually, openSockets, outcome, prepared, settings, verdict } from "./probing.ts";

const ask = (proxy: Endpoint, changes: Partial<CheckSettings> = {}): Promise<Verdict> =>
  verdict(httpProxy, proxy, {
    service: "http_proxy",
    request: "http://www.example.org/page?a=b",
    ...changes,
  });
const page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nTest Page";

describe("a page", () => {
  test.for(loopbacks)("is asked for by its whole URL, at %s", async (address) => {
    let asked = "";
    const onRequest = (text: string): void => {
      asked += text;
    };
    await using proxy = await answering(address, page, { onRequest });
    const changes = { receive: "^Test", virtualHost: "not.this.example" };
    expect(await ask(proxy.endpoint, changes)).toEqual({ up: true, detail: "200 OK" });
    const [first, ...headers] = asked.split("\r\n");
    expect(first).toBe("GET http://www.example.org/page?a=b HTTP/1.1");
    expect(headers).toContain("Host: www.example.org");
  });
  test.for([
    ["http://www.example.org", "http://www.example.org/", "www.example.org"],
    [
      "/http://www.example.org:8080/a b",
      "http://www.example.org:8080/a%20b",
      "www.example.org:8080",
    ],
    ["http://[2001:db8::1]/x", "http://[2001:db8::1]/x", "[2001:db8::1]"],
  ] as const)("of the request %s", async ([request, url, host]) => {
    let asked = "";
    const onRequest = (text: string): void => {
      asked += text;
    };
    await using proxy = await answering("127.0.0.1", page, { onRequest });
    expect(await ask(proxy.endpoint, { request, httpMethod: "HEAD" })).toMatchObject({ up: true });
    expect(asked).toContain(`HEAD ${url} HTTP/1.1\r\nHost: ${host}\r\n`);
  });
  test("of the proxy itself is what a real server's own path means", async () => {
    let asked = "";
    const onRequest = (text: string): void => {
      asked += text;
    };
    await using proxy = await answering("127.0.0.1", page, { onRequest });
    await ask(proxy.endpoint, { request: "/status", isOwnRequest: true });
    expect(asked).toContain(`GET http://127.0.0.1:${proxy.endpoint.port}/status HTTP/1.1\r\n`);
  });
  test("comes byte by byte", async () => {
    await using proxy = await answering("127.0.0.1", page, { chunkBytes: 1 });
    expect(await ask(proxy.endpoint, { receive: "Page$" })).toMatchObject({ up: true });
  });
  test.for([
    "502 Bad Gateway",
    "503 Service Unavailable",
    "504 Gateway Timeout",
    "407 Proxy Authentication Required",
  ])("is down when the proxy says %s", async (status) => {
    await using proxy = await answering(
      "127.0.0.1",
      `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(await ask(proxy.endpoint)).toEqual({ up: false, reason: "status", detail: status });
  });
});

describe("an https page", () => {
  const certificates = makeCertificates("www.example.org");
  const { good, selfSigned } = certificates;
  const names: unknown[] = [];
  const answer: RequestListener = (request, response) => {
    names.push("servername" in request.socket ? request.socket.servername : undefined);
    response.end(`Test Page for ${request.headers.host}`);
  };
  const known = createTlsServer({ key: good.key, cert: good.cert }, answer);
  const unknown = createTlsServer({ key: selfSigned.key, cert: selfSigned.cert }, answer);
  let port = { known: 0, unknown: 0 };
  /** Leads every tunnel to one of the two servers. */
  const tunnels = new Set<Socket>();
  const proxy = (to: keyof typeof port): Server =>
    createServer().on("connect", (request, client: Socket) => {
      asked.push(request.url);
      const origin = connect(port[to], "127.0.0.1");
      for (const socket of [origin, client]) {
        tunnels.add(socket);
        socket.on("error", () => {}).on("close", () => tunnels.delete(socket));
      }
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(origin).pipe(client);
      client.on("close", () => origin.destroy());
      origin.on("close", () => client.destroy());
    });
  const asked: unknown[] = [];
  const proxies = { known: proxy("known"), unknown: proxy("unknown") };

  beforeAll(async () => {
    port = {
      known: (await listen(known, "127.0.0.1")).port,
      unknown: (await listen(unknown, "127.0.0.1")).port,
    };
    return trust(certificates.caFile);
  });
  afterAll(async () => {
    await Promise.all([known, unknown].map(close));
    certificates[Symbol.dispose]();
  });

  test("is fetched through a tunnel, with the URL's name as SNI, and nothing stays open", async () => {
    const endpoint = await listen(proxies.known, "127.0.0.1");
    const before = openSockets().length;
    try {
      const request = "https://www.example.org/page";
      const receive = "for www.example.org$";
      expect(await ask(endpoint, { request, receive })).toEqual({ up: true, detail: "200 OK" });
      expect(asked).toEqual(["www.example.org:443"]);
      expect(names).toEqual(["www.example.org"]);
      expect(await ask(endpoint, { request: "https://192.0.2.1:8443/" })).toMatchObject({
        up: true,
      });
      expect(asked[1]).toBe("192.0.2.1:8443");
      expect(await eventually(() => openSockets().length <= before)).toBe(true);
    } finally {
      for (const socket of tunnels) socket.destroy();
      await close(proxies.known);
    }
  });
  test("is down when its certificate has no known issuer", async () => {
    const endpoint = await listen(proxies.unknown, "127.0.0.1");
    try {
      expect(await ask(endpoint, { request: "https://www.example.org/" })).toMatchObject({
        up: false,
        reason: "tls",
      });
    } finally {
      await close(proxies.unknown);
    }
  });
  test("is down when the proxy does not make the way", async () => {
    const words = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno";
    await using server = await answering("127.0.0.1", words);
    expect(await ask(server.endpoint, { request: "https://www.example.org/" })).toEqual({
      up: false,
      reason: "status",
      detail: "503 Service Unavailable",
    });
  });
  test.for<[string, string, string]>([
    ["closes without a word", "", "closed"],
    ["speaks another protocol", "+OK ready\r\n", "protocol"],
    ["leads to what is no TLS", "HTTP/1.1 200 OK\r\n\r\nhello, I am no TLS server", "tls"],
  ])("is down when the proxy %s", async ([, words, reason]) => {
    await using server = await answering("127.0.0.1", words);
    const said = await ask(server.endpoint, { request: "https://www.example.org/" });
    expect(said).toMatchObject({ up: false, reason });
  });
  test.for(["", "HTTP/1.1 200 OK\r\n\r\n"])(
    "leaves nothing open when it is cut while it waits after %j",
    async (words) => {
      const before = openSockets().length;
      {
        await using server = await serve("127.0.0.1", (socket) =>
          socket.once("data", () => socket.write(words)).on("end", () => socket.end()),
        );
        const probe = prepared(httpProxy, {
          service: "http_proxy",
          request: "https://www.example.org/",
        });
        const { isCut, lateTurns } = await outcome(probe, server.endpoint, 200);
        expect(isCut).toBe(true);
        expect(lateTurns).toBeLessThan(1000);
        expect(await eventually(() => server.held() === 0)).toBe(true);
      }
      expect(await eventually(() => openSockets().length <= before)).toBe(true);
    },
  );
});

test.for([undefined, "/", "index.html", "ftp://www.example.org/", "http://"])(
  "with the request %s the proxy stays down, and the file loads",
  (request) => {
    const changes = request === undefined ? {} : { request };
    expect(httpProxy.prepare(settings({ service: "http_proxy", ...changes }))).toMatchObject({
      ok: true,
      value: { staysDown: expect.stringContaining("is not what a proxy is asked for") },
    });
  },
);
