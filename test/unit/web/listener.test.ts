import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWeb, type WebListener, type WebOptions } from "../../../src/web/listener.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

let folder = "";
let web: WebListener | undefined;
let log = memoryLog();
const sockets = new Set<Socket>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "web-"));
  log = memoryLog();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await web?.close();
  web = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Partial<WebOptions> = {}): Promise<void> {
  web = await openWeb({
    listen: "127.0.0.1:0",
    serve: async ({ url }, response) => void response.end(`here is ${url}\n`),
    log,
    ...options,
  });
}

const port = (): number => Number(/:(\d+)$/.exec(web?.address ?? "")?.[1]);

const connect = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const at = web?.address.startsWith("/")
      ? { path: web.address }
      : { host: web?.address.startsWith("[") ? "::1" : "127.0.0.1", port: port() };
    const socket = createConnection(at);
    sockets.add(socket);
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });

/** All that comes until the other end hangs up. */
const rest = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
    });
    socket.on("error", () => {}).once("close", () => resolve(text));
  });

const request = (head: string, more = "Host: 127.0.0.1\r\n"): string =>
  `${head} HTTP/1.1\r\n${more}Connection: close\r\n\r\n`;

async function ask(text: string): Promise<string> {
  const socket = await connect();
  const answer = rest(socket);
  socket.write(text);
  return answer;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });

const status = (answer: string): string => answer.slice(9, 12);
const token = "correct-horse-battery";

test.for<[listen: string, host: string]>([
  ["127.0.0.1:0", "127.0.0.1"],
  ["[::1]:0", "[::1]"],
])("what is asked for at %s is served, and told where", async ([listen, host]) => {
  await open({ listen });
  expect(log.all("web-opened")).toEqual([{ place: web?.address }]);
  expect(await ask(request("GET /metrics", `Host: ${host}:${port()}\r\n`))).toMatch(
    /^HTTP\/1\.1 200 .*\r\n\r\nhere is \/metrics\n$/s,
  );
});

test("a Unix socket is served under any name, and taken away at the end", async () => {
  const path = join(folder, "web.sock");
  await open({ listen: path });
  expect(status(await ask(request("GET /", "Host: whatever\r\n")))).toBe("200");
  await web?.close();
  expect(existsSync(path)).toBe(false);
});

test.for<[host: string, given: string, status: string]>([
  ["its address", "127.0.0.1", "200"],
  ["its address with a port", "127.0.0.1:9160", "200"],
  ["localhost", "localhost", "200"],
  ["localhost with a forwarded port", "LOCALHOST:8080", "200"],
  ["a name of the ini", "lb1.example.com:9160", "200"],
  ["another name", "evil.example", "421"],
  ["another address", "127.0.0.2", "421"],
  ["a name that begins as ours", "localhost.evil.example", "421"],
  ["an address in a name", "127.0.0.1.evil.example", "421"],
  ["an account before it", "127.0.0.1@evil.example", "421"],
  ["nothing", "", "421"],
])("asked by %s: %s is %s", async ([, given, expected]) => {
  await open({ hosts: ["lb1.example.com"] });
  expect(status(await ask(request("GET /", `Host: ${given}\r\n`)))).toBe(expected);
});

test("asked by no Host, or by two, it is refused", async () => {
  await open();
  expect(status(await ask(request("GET /", "")))).toBe("400");
  expect(status(await ask("GET / HTTP/1.0\r\n\r\n"))).toBe("421");
  const two = "Host: 127.0.0.1\r\nHost: evil.example\r\n";
  expect(status(await ask(request("GET /", two)))).toBe("421");
});

test.for<[name: string, header: string, status: string]>([
  ["none", "", "401"],
  ["the right one", `Authorization: Bearer ${token}\r\n`, "200"],
  ["a wrong one", "Authorization: Bearer wrong-horse-battery\r\n", "401"],
  ["the beginning of it", `Authorization: Bearer ${token.slice(0, -1)}\r\n`, "401"],
  ["an empty one", "Authorization: Bearer \r\n", "401"],
  ["another kind of it", `Authorization: Basic ${token}\r\n`, "401"],
  ["it as a cookie", `Cookie: ldirectord-token=${token}\r\n`, "401"],
])("where a token is wanted, %s is %s", async ([, header, expected]) => {
  let served = 0;
  await open({ token, serve: async (_, response) => void response.end(`${++served}`) });
  const answer = await ask(request("GET /", `Host: 127.0.0.1\r\n${header}`));
  expect(status(answer)).toBe(expected);
  expect(served).toBe(expected === "200" ? 1 : 0);
  if (expected === "401") expect(answer).toContain("WWW-Authenticate: Bearer");
});

test("a browser brings the token once, gets a cookie for it, and its address has it no more", async () => {
  await open({ token });
  const welcome = await ask(request(`GET /services?token=${token}&wide=yes`));
  expect(status(welcome)).toBe("303");
  expect(welcome).toContain("\r\nLocation: /services?wide=yes\r\n");
  const [, cookie = ""] = /Set-Cookie: (\S+=[^;]+);.*HttpOnly; SameSite=Strict/.exec(welcome) ?? [];
  expect(cookie).not.toContain(token);
  const shown = `Host: 127.0.0.1\r\nCookie: theme=dark; ${cookie}\r\n`;
  expect(status(await ask(request("GET /services", shown)))).toBe("200");
  expect(status(await ask(request("GET /?token=wrong-horse-battery")))).toBe("401");
  const away = await ask(request(`GET /\\\\evil.example/?token=${token}`));
  expect(away).toContain("\r\nLocation: /evil.example/\r\n");
});

test.for([["POST /"], ["PUT /"], ["DELETE /metrics"], ["OPTIONS *"], ["PATCH /"]] as const)(
  "%s is refused: there is only GET",
  async ([head]) => {
    await open();
    expect(status(await ask(request(head)))).toBe("405");
  },
);

test.for([
  ["/../etc/passwd"],
  ["/a/../../etc/passwd"],
  ["/%2e%2e/etc/passwd"],
  ["/..%2fetc%2fpasswd"],
  ["/..\\etc"],
  ["/a%00b"],
  ["/%"],
  ["http://127.0.0.1/metrics"],
] as const)("%s goes nowhere", async ([path]) => {
  let served = 0;
  await open({ serve: async () => void served++ });
  expect(status(await ask(request(`GET ${path}`)))).toBe("400");
  expect(served).toBe(0);
});

test("headers beyond 8 KiB are refused", async () => {
  await open();
  const answer = await ask(request("GET /", `Host: 127.0.0.1\r\nX: ${"x".repeat(9_000)}\r\n`));
  expect(status(answer)).toBe("431");
  expect(status(await ask(request(`GET /${"x".repeat(9_000)}`)))).toBe("431");
});

test("what is no HTTP is refused", async () => {
  await open();
  expect(status(await ask("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"))).toBe("400");
});

test.for([
  ["says nothing", ""],
  ["never ends its headers", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"],
] as const)("a connection that %s is hung up on", async ([, text]) => {
  await open({ limits: { headersMs: 50, requestMs: 100, lookMs: 10 } });
  expect(await ask(text)).toMatch(/^$|^HTTP\/1\.1 408/);
});

test("who reads nothing is hung up on; who waits for what is not there yet is not", async () => {
  const late = new AbortController();
  const gone = new AbortController();
  await open({
    limits: { stuckMs: 50 },
    serve: async ({ url }, response, signal) => {
      if (url === "/late") {
        await aborted(late.signal);
        response.end("at last\n");
        return;
      }
      response.write(Buffer.alloc(32 * 1024 * 1024));
      await aborted(signal);
      gone.abort();
    },
  });
  const patient = ask(request("GET /late"));
  const stuck = await connect();
  stuck.pause().write(request("GET /much"));
  await aborted(gone.signal);
  late.abort();
  expect(await patient).toMatch(/at last\n$/);
});

test("a mistake of ours is 500, and told with its place", async () => {
  await open({
    serve: async () => {
      throw new TypeError("a bug");
    },
  });
  const answer = await ask(request("GET /"));
  expect(status(answer)).toBe("500");
  expect(answer).not.toContain("a bug");
  expect(log.all("internal-error")).toEqual([{ stack: expect.stringContaining("a bug") }]);
});

test("of 10,000 connections as many as the limit are taken, and the others closed: no descriptor is theirs", async () => {
  await open({ limits: { connections: 16 } });
  const held = await Promise.all(Array.from({ length: 16 }, connect));
  let closed = 0;
  for (let slice = 0; slice < 40; slice++) {
    const some = await Promise.all(Array.from({ length: 250 }, connect));
    const answers = await Promise.all(some.map(rest));
    closed += answers.filter((answer) => answer === "").length;
    for (const socket of some) sockets.delete(socket);
  }
  expect(closed).toBe(10_000);
  // Those that were there are served on.
  const [first] = held;
  const answer = rest(first as Socket);
  first?.write(request("GET /"));
  expect(status(await answer)).toBe("200");
}, 60_000);

test.for<[name: string, listen: () => string]>([
  ["whose port is taken", () => `127.0.0.1:${port()}`],
  ["whose address is not ours", () => "192.0.2.1:9160"],
  ["that is a file", () => import.meta.filename],
])("a place %s is told, and ends nothing", async ([, listen]) => {
  await open();
  const place = listen();
  const other = await openWeb({ listen: place, serve: async () => {}, log });
  expect(other).toBeUndefined();
  expect(log.all("web-failed")).toEqual([{ place, cause: expect.stringMatching(/./) }]);
});

test("close ends who follows", async () => {
  const asked = new AbortController();
  await open({
    serve: async (_, response) => {
      response.write("to be continued\n");
      asked.abort();
    },
  });
  const following = ask(request("GET /"));
  await aborted(asked.signal);
  await web?.close();
  expect(await following).toMatch(/to be continued/);
});

test("the port of a listener that was closed is free at once", async () => {
  await open();
  const was = port();
  await web?.close();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(was, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => server.close(resolve));
});
