import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings, Verdict } from "../../../checks/check.ts";
import { makeCertificates, trust } from "../../support/servers/certificates.ts";
import { close, listen, loopbacks } from "../../support/servers/scripted.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

const folder = mkdtempSync(join(tmpdir(), "proxy-services-"));
const certificates = makeCertificates("www.example.org");
const isRoot = process.getuid?.() === 0;
/** What is behind the proxies. */
const origins: Server[] = [];
let plain = "";
let secure = "";
let untrusted = "";
let dead = "";

const answer: RequestListener = (request, response) => {
  const { url = "", headers } = request;
  if (url === "/moved") return response.writeHead(302, { location: `${plain}/page` }).end();
  if (url === "/secure") return response.writeHead(301, { location: `${secure}/page` }).end();
  if (url === "/missing") return response.writeHead(404).end("not here");
  return response.end(`Test Page for ${headers.host}, through ${headers.via ?? "nobody"}`);
};

async function origin(server: Server): Promise<string> {
  origins.push(server);
  const { port } = await listen(server, "127.0.0.1");
  return `127.0.0.1:${port}`;
}

/** For squid: it takes no login. */
function passwordProgram(): string {
  const file = join(folder, "nobody.sh");
  writeFileSync(file, "#!/bin/sh\nwhile read -r _; do echo ERR; done\n", { mode: 0o755 });
  return file;
}

interface Proxy {
  readonly name: string;
  /** @param password what it then wants to hear from everybody */
  readonly start: (
    password?: string,
  ) => Promise<{ readonly server: RealServer; readonly port: number }>;
  /** The status of a page whose server does not answer. */
  readonly deadStatus: RegExp;
}

const squid: Proxy = {
  name: "squid",
  deadStatus: /^503 /,
  async start(password) {
    const port = await freePort();
    const file = join(folder, `squid-${port}.conf`);
    const login = `auth_param basic program ${passwordProgram()}
acl known proxy_auth REQUIRED
http_access allow known
`;
    if (isRoot) {
      const { uid, gid } = userIds("proxy");
      chownSync(folder, uid, gid);
    }
    writeFileSync(
      file,
      `${loopbacks.map((a) => `http_port ${a.includes(":") ? `[${a}]` : a}:${port}`).join("\n")}
${password === undefined ? "http_access allow all" : login}
cache deny all
cache_log ${folder}/squid-${port}.log
access_log none
pid_filename ${folder}/squid-${port}.pid
coredump_dir ${folder}
pinger_enable off
shutdown_lifetime 0 seconds
cache_mem 8 MB
max_filedescriptors 256
visible_hostname squid.example.org
connect_timeout 2 seconds
`,
    );
    const server = await startRealServer({
      command: "squid",
      args: ["-N", "-f", file],
      cwd: folder,
      ready: { port },
    });
    return { server, port };
  },
};

const tinyproxy: Proxy = {
  name: "tinyproxy",
  deadStatus: /^500 |^502 /,
  async start(password) {
    const port = await freePort();
    const file = join(folder, `tinyproxy-${port}.conf`);
    writeFileSync(
      file,
      `${isRoot ? "User nobody\nGroup nogroup\n" : ""}Port ${port}
${loopbacks.map((address) => `Listen ${address}`).join("\n")}
Timeout 10
MaxClients 20
PidFile "${folder}/tinyproxy-${port}.pid"
LogFile "${folder}/tinyproxy-${port}.log"
${password === undefined ? "" : `BasicAuth somebody ${password}`}
`,
    );
    writeFileSync(join(folder, `tinyproxy-${port}.log`), "");
    chmodSync(join(folder, `tinyproxy-${port}.log`), 0o666);
    const server = await startRealServer({
      command: "tinyproxy",
      args: ["-d", "-c", file],
      ready: { port },
    });
    return { server, port };
  },
};

beforeAll(async () => {
  chmodSync(folder, 0o777);
  plain = `http://${await origin(createServer(answer))}`;
  const { good, selfSigned } = certificates;
  secure = `https://${await origin(createTlsServer({ key: good.key, cert: good.cert }, answer))}`;
  const self = createTlsServer({ key: selfSigned.key, cert: selfSigned.cert }, answer);
  untrusted = `https://${await origin(self)}`;
  dead = `http://127.0.0.1:${await freePort()}`;
  return trust(certificates.caFile);
});
afterAll(async () => {
  await Promise.all(origins.map(close));
  rmSync(folder, { recursive: true });
  certificates[Symbol.dispose]();
});

describe.for([squid, tinyproxy])("$name", ({ name, start, deadStatus }) => {
  let port = 0;
  let server: RealServer;
  beforeAll(async () => {
    ({ server, port } = await start());
  });
  afterAll(() => server?.stop());
  const row = `http_proxy (${name})`;
  const ask = (changes: Partial<CheckSettings>, address: string = "127.0.0.1"): Promise<Verdict> =>
    probe("http_proxy", changes, { address, port });

  test.for(loopbacks)("is up at %s when the page comes through it", async (address) => {
    const changes = { request: `${plain}/page`, receive: "through .*1.1" };
    const verdict = await ask(changes, address);
    expect(record(row, "right answer", verdict)).toEqual({ up: true, detail: "200 OK" });
  });
  test("is asked with the host of the URL, whatever virtualhost says", async () => {
    const receive = `for ${plain.slice("http://".length)},`;
    const virtualHost = "www.example.org";
    expect(await ask({ request: plain, receive, virtualHost })).toMatchObject({ up: true });
  });
  test("is down when the page is another, or missing", async () => {
    const verdict = await ask({ request: `${plain}/page`, receive: "another page" });
    expect(record(row, "wrong answer", verdict)).toMatchObject({ up: false, reason: "mismatch" });
    expect(await ask({ request: `${plain}/missing` })).toMatchObject({
      reason: "status",
      detail: "404 Not Found",
    });
  });
  test("is down when it lives and the origin does not", async () => {
    const verdict = await ask({ request: `${dead}/page` });
    expect(record(row, "wrong answer", verdict)).toMatchObject({
      up: false,
      reason: "status",
      detail: expect.stringMatching(deadStatus),
    });
  });
  test("follows a redirect, through the proxy again", async () => {
    expect(await ask({ request: `${plain}/moved`, receive: "through .*1.1" })).toEqual({
      up: true,
      detail: "200 OK after 1 redirect",
    });
    expect(await ask({ request: `${plain}/secure`, receive: "Test Page" })).toEqual({
      up: true,
      detail: "200 OK after 1 redirect",
    });
  });
  test("makes the way to an https page, whose certificate is verified but for its name", async () => {
    expect(await ask({ request: `${secure}/page`, receive: "Test Page" })).toEqual({
      up: true,
      detail: "200 OK",
    });
    expect(await ask({ request: `${untrusted}/page` })).toMatchObject({ up: false, reason: "tls" });
    expect(await ask({ request: dead.replace("http", "https") })).toMatchObject({
      up: false,
      reason: "status",
      detail: expect.stringMatching(deadStatus),
    });
  });
  test("is down when it wants a login", async () => {
    const { server: locked, port: lockedPort } = await start("sesame");
    try {
      const target = { address: "127.0.0.1", port: lockedPort };
      for (const page of [plain, secure]) {
        const said = await probe("http_proxy", { request: `${page}/page` }, target);
        expect(record(row, "refused login", said)).toMatchObject({
          up: false,
          reason: "status",
          detail: expect.stringMatching(/^407 Proxy Authentication Required$/),
        });
      }
    } finally {
      await locked.stop();
    }
  });
  test("works with HEAD", async () => {
    expect(await ask({ request: `${plain}/page`, httpMethod: "HEAD" })).toMatchObject({ up: true });
  });
  test("is down when it is silent, or gone", async () => {
    await using silent = await silentServer();
    await using gone = await goneServer();
    const changes = { request: plain, negotiateTimeoutMs: 300 };
    for (const said of [
      await whilePaused(server, () => ask(changes)),
      await probe("http_proxy", changes, silent.endpoint),
    ])
      expect(record(row, "silent", said)).toMatchObject({ reason: "timeout" });
    const https = { request: secure, negotiateTimeoutMs: 300 };
    expect(await probe("http_proxy", https, silent.endpoint)).toMatchObject({ reason: "timeout" });
    expect(record(row, "gone", await probe("http_proxy", changes, gone.endpoint))).toMatchObject({
      reason: "refused",
    });
  });
});
