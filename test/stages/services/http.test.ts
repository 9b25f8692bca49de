import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificates, trust } from "../../support/servers/certificates.ts";
import { close, listen } from "../../support/servers/scripted.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

const name = "www.example.org";
const certificates = makeCertificates(name);
const folder = mkdtempSync(join(tmpdir(), "http-services-"));

beforeAll(() => {
  // The servers' workers run as a user of their own.
  chmodSync(folder, 0o755);
  const site = join(folder, "site");
  mkdirSync(site);
  const page = "<h1>Test Page</h1>\n";
  writeFileSync(join(site, "index.html"), page);
  writeFileSync(join(site, "empty.html"), "");
  writeFileSync(join(site, "latin1.html"), Buffer.from("Gr\xfc\xdfe", "latin1"));
  writeFileSync(join(site, "packed.html.gz"), gzipSync(page));
  writeFileSync(join(site, "chunked.shtml"), `<!--# echo var="host" -->\n${page}`);
  const filler = randomBytes(3 * 1024 * 1024);
  writeFileSync(join(site, "huge.html"), Buffer.concat([Buffer.from(page), filler]));
  writeFileSync(join(site, "late.html"), Buffer.concat([filler, Buffer.from(page)]));
  return trust(certificates.caFile);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  certificates[Symbol.dispose]();
});

interface Site {
  readonly server: RealServer;
  readonly http: number;
  readonly https: number;
}

async function startNginx(): Promise<Site> {
  const [http, https] = [await freePort(), await freePort()];
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ssl_certificate ${certificates.good.certFile};
  ssl_certificate_key ${certificates.good.keyFile};
  server {
    listen 127.0.0.1:${https} ssl default_server;
    listen [::1]:${https} ssl default_server;
    ssl_reject_handshake on;
  }
  server {
    server_name ${name};
    listen 127.0.0.1:${http};
    listen [::1]:${http};
    listen 127.0.0.1:${https} ssl;
    listen [::1]:${https} ssl;
    root ${folder}/site;
    location = /slow { limit_rate 1k; alias ${folder}/site/late.html; }
    location = /chunked.shtml { ssi on; ssi_types *; }
    location = /packed.html { default_type text/html; add_header Content-Encoding gzip; alias ${folder}/site/packed.html.gz; }
    location = /login { auth_basic here; auth_basic_user_file ${folder}/none; }
    location = /broken { return 503; }
    location = /get { if ($request_method = HEAD) { return 405; } return 204; }
    location = /secure { return 301 https://127.0.0.1:${https}/; }
  }
}
`,
  );
  const server = await startRealServer({
    command: "nginx",
    args: ["-p", folder, "-c", file, "-e", "stderr"],
    ready: { port: http },
  });
  return { server, http, https };
}

async function startApache(): Promise<Site> {
  const [http, https] = [await freePort(), await freePort()];
  const file = join(folder, "apache.conf");
  const modules =
    "mpm_event authn_core authz_core auth_basic authn_file authz_user dir mime env \
setenvif ssl alias rewrite include ratelimit";
  writeFileSync(
    file,
    `ServerRoot ${folder}
ServerName ${name}
PidFile ${folder}/apache.pid
ErrorLog /dev/stderr
DefaultRuntimeDir ${folder}
Mutex posixsem
User www-data
Group www-data
StartServers 1
Listen 127.0.0.1:${http} http
Listen [::1]:${http} http
Listen 127.0.0.1:${https} https
Listen [::1]:${https} https
${modules
  .split(" ")
  .map((it) => `LoadModule ${it}_module /usr/lib/apache2/modules/mod_${it}.so`)
  .join("\n")}
TypesConfig /dev/null
AddEncoding gzip .gz
AddType text/html .html .shtml
SetEnvIf Request_URI "^/old/" downgrade-1.0 force-response-1.0
Alias /old ${folder}/site
Alias /packed.html ${folder}/site/packed.html.gz
Alias /slow ${folder}/site/late.html
DocumentRoot ${folder}/site
<Directory ${folder}/site>
  Require all granted
  Options +Includes
</Directory>
<Files chunked.shtml>
  SetOutputFilter INCLUDES
</Files>
<Location /slow>
  SetOutputFilter RATE_LIMIT
  SetEnv rate-limit 1
</Location>
<Location /login>
  AuthType Basic
  AuthName here
  AuthUserFile ${folder}/none
  Require valid-user
</Location>
RewriteEngine on
RewriteOptions InheritDown
RewriteRule ^/broken$ - [R=503]
RewriteCond %{REQUEST_METHOD} =HEAD
RewriteRule ^/get$ - [R=405]
RewriteRule ^/get$ - [R=204]
RewriteRule ^/secure$ https://127.0.0.1:${https}/ [R=301]
<VirtualHost *:${https}>
  SSLEngine on
  SSLCertificateFile ${certificates.good.certFile}
  SSLCertificateKeyFile ${certificates.good.keyFile}
</VirtualHost>
`,
  );
  const server = await startRealServer({
    command: "apache2",
    args: ["-f", file, "-D", "FOREGROUND"],
    ready: { port: http },
  });
  return { server, http, https };
}

describe.each([
  ["nginx", startNginx],
  ["apache2", startApache],
] as const)("%s", (program, start) => {
  let site: Site;
  beforeAll(async () => {
    site = await start();
    return () => site.server.stop();
  });

  const plain = (address = "127.0.0.1") => ({ address, port: site.http });
  const secure = (address = "127.0.0.1") => ({ address, port: site.https });
  const http = (changes: Parameters<typeof probe>[1], address?: string) =>
    probe("http", changes, plain(address));
  const https = (changes: Parameters<typeof probe>[1], address?: string) =>
    probe("https", { virtualHost: name, ...changes }, secure(address));

  test("a page with the right words, on IPv4 and IPv6", async () => {
    for (const address of ["127.0.0.1", "::1"]) {
      const said = await http({ request: "index.html", receive: "Test Page" }, address);
      expect(record(`http (${program})`, "right answer", said)).toEqual({
        up: true,
        detail: "200 OK",
      });
      const overTls = await https({ request: "index.html", receive: "Test Page" }, address);
      expect(record(`https (${program})`, "right answer", overTls)).toMatchObject({ up: true });
    }
  });

  test("a page with other words, a missing one, one that is out of order", async () => {
    const other = await http({ receive: "Other Page" });
    expect(record(`http (${program})`, "wrong answer", other)).toMatchObject({
      reason: "mismatch",
      detail: expect.stringContaining('receive "Other Page" is not in the body of 19 bytes'),
    });
    const missing = await http({ request: "none.html" });
    expect(record(`http (${program})`, "wrong answer", missing)).toEqual({
      up: false,
      reason: "status",
      detail: "404 Not Found",
    });
    expect(await http({ request: "broken" })).toMatchObject({ reason: "status" });
    const overTls = await https({ receive: "Other Page" });
    expect(record(`https (${program})`, "wrong answer", overTls)).toMatchObject({
      reason: "mismatch",
    });
    const missingOverTls = await https({ request: "none.html" });
    expect(record(`https (${program})`, "wrong answer", missingOverTls)).toMatchObject({
      reason: "status",
      detail: "404 Not Found",
    });
  });

  test("a page behind a login", async () => {
    for (const [service, ask] of [
      ["http", http],
      ["https", https],
    ] as const) {
      const said = await ask({ request: "/login" });
      expect(record(`${service} (${program})`, "refused login", said)).toEqual({
        up: false,
        reason: "status",
        detail: "401 Unauthorized",
      });
    }
  });

  test("GET and HEAD: a HEAD has no body to find anything in", async () => {
    expect(await http({ request: "/get" })).toMatchObject({ up: true, detail: "204 No Content" });
    expect(await http({ request: "/get", httpMethod: "HEAD" })).toMatchObject({
      reason: "status",
      detail: expect.stringMatching(/^405 /),
    });
    expect(await http({ httpMethod: "HEAD" })).toMatchObject({ up: true });
    expect(await http({ httpMethod: "HEAD", receive: "Test" })).toMatchObject({
      reason: "mismatch",
    });
  });

  test("a chunked body is put together", async () => {
    const receive = "Test Page</h1>\\n$";
    expect(await http({ request: "chunked.shtml", receive })).toMatchObject({ up: true });
  });

  test("a compressed body is searched as it came, and not unpacked", async () => {
    const request = "/packed.html";
    expect(await http({ request, receive: "Test Page" })).toMatchObject({ reason: "mismatch" });
    expect(await http({ request, receive: "^\\x1f\\x8b\\x08" })).toMatchObject({ up: true });
  });

  test("an empty body, and one in Latin-1", async () => {
    expect(await http({ request: "empty.html" })).toMatchObject({ up: true });
    expect(await http({ request: "empty.html", receive: "." })).toMatchObject({
      reason: "mismatch",
    });
    expect(await http({ request: "latin1.html", receive: "Gr\\xfc\\xdfe" })).toMatchObject({
      up: true,
    });
  });

  test("of a huge body the first half MiB counts", async () => {
    const receive = "Test Page";
    expect(await http({ request: "huge.html", receive })).toEqual({
      up: true,
      detail: "200 OK (524288 bytes, and then more than we read)",
    });
    expect(await http({ request: "late.html", receive })).toMatchObject({ reason: "mismatch" });
  });

  test("a body that trickles in runs out of time", async () => {
    expect(await http({ request: "/slow", negotiateTimeoutMs: 500 })).toMatchObject({
      reason: "timeout",
    });
  });

  test("a redirect from http to https is followed", async () => {
    const said = await http({ request: "/secure", receive: "Test Page" });
    // nginx has no certificate for a client that names nobody.
    if (program === "nginx") expect(said).toMatchObject({ up: false, reason: "tls" });
    else expect(said).toMatchObject({ up: true, detail: "200 OK after 1 redirect" });
  });

  test("plain http at the port of https, and the other way round", async () => {
    const asPlain = await probe("http", {}, secure());
    expect(asPlain).toMatchObject({ reason: "status", detail: "400 Bad Request" });
    expect(await probe("https", { virtualHost: name }, plain())).toMatchObject({ reason: "tls" });
  });

  if (program === "apache2") {
    test("a reply in HTTP/1.0, which ends where it closes", async () => {
      expect(await http({ request: "/old/chunked.shtml", receive: "Test Page" })).toEqual({
        up: true,
        detail: "200 OK",
      });
    });
  } else {
    test("a certificate only for clients that name it", async () => {
      expect(await https({ virtualHost: "www.example.net" })).toMatchObject({ reason: "tls" });
      expect(await https({ virtualHost: "127.0.0.1" })).toMatchObject({ reason: "tls" });
    });
  }

  test("frozen, then gone", async () => {
    const services = [
      ["http", plain()],
      ["https", secure()],
    ] as const;
    await site.server.freeze();
    for (const [service, target] of services) {
      const said = await probe(service, { virtualHost: name, negotiateTimeoutMs: 500 }, target);
      expect(record(`${service} (${program})`, "silent", said)).toEqual({
        up: false,
        reason: "timeout",
        detail: "no answer within 0.5 s",
      });
    }
    await site.server.stop();
    for (const [service, target] of services) {
      const said = await probe(service, { virtualHost: name }, target);
      expect(record(`${service} (${program})`, "gone", said)).toMatchObject({ reason: "refused" });
    }
  });
});

describe("a TLS server", () => {
  const row = "https (Node)";
  /** @param key which of the certificates it shows */
  async function tlsServer(key: "good" | "expired" | "selfSigned") {
    const server = createServer(certificates[key], ({ url }, response) => {
      if (url === "/login") response.statusCode = 401;
      response.end("Test Page");
    });
    server.on("tlsClientError", () => {});
    const endpoint = await listen(server, "127.0.0.1");
    return {
      endpoint,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await close(server);
      },
    };
  }

  test.for([
    ["expired", "certificate: certificate has expired"],
    ["selfSigned", "certificate: self-signed certificate"],
  ] as const)("with a certificate that is %s", async ([key, detail]) => {
    await using server = await tlsServer(key);
    const said = await probe("https", { virtualHost: name }, server.endpoint);
    expect(record(row, "wrong answer", said)).toEqual({
      up: false,
      reason: "tls",
      detail,
    });
  });

  test("with a certificate for another name is up: the check goes to an address", async () => {
    await using server = await tlsServer("good");
    const said = await probe(
      "https",
      { virtualHost: "other.example", receive: "Test" },
      server.endpoint,
    );
    expect(record(row, "right answer", said)).toMatchObject({ up: true });
  });

  test("with its good certificate only for who names it, an expired one else", async () => {
    const server = createServer(
      {
        ...certificates.expired,
        SNICallback: (asked, callback) =>
          callback(
            null,
            createSecureContext(asked === name ? certificates.good : certificates.expired),
          ),
      },
      (_request, response) => {
        response.end("Test Page");
      },
    );
    server.on("tlsClientError", () => {});
    const endpoint = await listen(server, "127.0.0.1");
    try {
      const named = await probe("https", { virtualHost: name }, endpoint);
      expect(record(row, "right answer", named)).toMatchObject({ up: true });
      const unnamed = await probe("https", {}, endpoint);
      expect(record(row, "wrong answer", unnamed)).toMatchObject({
        reason: "tls",
      });
    } finally {
      server.closeAllConnections();
      await close(server);
    }
  });

  test("that wants a login, that says nothing to a handshake, and none at all", async () => {
    await using server = await tlsServer("good");
    const refused = await probe("https", { request: "/login" }, server.endpoint);
    expect(record(row, "refused login", refused)).toMatchObject({ reason: "status" });
    await using quiet = await silentServer();
    const silent = await probe("https", { negotiateTimeoutMs: 500 }, quiet.endpoint);
    expect(record(row, "silent", silent)).toMatchObject({ reason: "timeout" });
    await using gone = await goneServer();
    expect(record(row, "gone", await probe("https", {}, gone.endpoint))).toMatchObject({
      reason: "refused",
    });
  });
});
