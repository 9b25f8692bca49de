/** A server that nobody here wrote. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import http from "../../../checks/http.ts";
import { type Certificates, makeCertificates, trust } from "../../support/servers/certificates.ts";
import { close, listen } from "../../support/servers/scripted.ts";
import { verdict } from "../../unit/checks/probing.ts";

describe("nginx", () => {
  let nginx: ChildProcess;
  let certificates: Certificates;
  let folder: string;
  let ports: { readonly plain: number; readonly secure: number };

  beforeAll(async () => {
    certificates = makeCertificates("www.example.org");
    folder = mkdtempSync(join(tmpdir(), "nginx-"));
    ports = { plain: await freePort(), secure: await freePort() };
    mkdirSync(join(folder, "logs"));
    writeFileSync(join(folder, "index.html"), "<h1>Test Page</h1>\n");
    writeFileSync(
      join(folder, "nginx.conf"),
      `worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/logs/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${ports.plain} default_server;
    listen [::1]:${ports.plain} default_server;
    listen 127.0.0.1:${ports.secure} ssl default_server;
    ssl_certificate ${certificates.good.certFile};
    ssl_certificate_key ${certificates.good.keyFile};
    root ${folder};
    location = /secure { return 301 https://127.0.0.1:${ports.secure}/; }
    location = /host { return 200 "host=$http_host sni=$ssl_server_name"; }
    location = /denied { return 403; }
  }
}
`,
    );
    nginx = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-g", "daemon off;"]);
    await answering(ports.secure);
    return trust(certificates.caFile);
  });

  afterAll(async () => {
    const gone = new Promise((resolve) => nginx.once("exit", resolve));
    nginx.kill("SIGTERM");
    await gone;
    rmSync(folder, { recursive: true });
    certificates[Symbol.dispose]();
  });

  const plain = (address = "127.0.0.1") => ({ address, port: ports.plain });
  const secure = () => ({ address: "127.0.0.1", port: ports.secure });

  test("http, on IPv4 and IPv6", async () => {
    const asked = { request: "index.html", receive: "Test Page" };
    expect(await verdict(http, plain(), asked)).toEqual({ up: true, detail: "200 OK" });
    expect(await verdict(http, plain("::1"), asked)).toEqual({ up: true, detail: "200 OK" });
  });

  test("a missing page, a forbidden one, a page with other words", async () => {
    expect(await verdict(http, plain(), { request: "/none" })).toMatchObject({
      reason: "status",
      detail: "404 Not Found",
    });
    expect(await verdict(http, plain(), { request: "/denied" })).toMatchObject({
      detail: "403 Forbidden",
    });
    expect(await verdict(http, plain(), { receive: "Other Page" })).toMatchObject({
      reason: "mismatch",
    });
  });

  test("https, by the name in virtualhost", async () => {
    const asked = { service: "https", virtualHost: "www.example.org", request: "/host" };
    const receive = "^host=www\\.example\\.org sni=www\\.example\\.org$";
    expect(await verdict(http, secure(), { ...asked, receive })).toMatchObject({ up: true });
  });

  test("https without a name, and plain http at the port of https", async () => {
    const asked = { service: "https", request: "/host", receive: "^host=127\\.0\\.0\\.1 sni=$" };
    expect(await verdict(http, secure(), asked)).toMatchObject({ up: true });
    expect(await verdict(http, secure(), {})).toMatchObject({ detail: "400 Bad Request" });
  });

  test("a redirect to https", async () => {
    expect(await verdict(http, plain(), { request: "/secure", receive: "Test Page" })).toEqual({
      up: true,
      detail: "200 OK after 1 redirect",
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = await listen(server, "127.0.0.1");
  await close(server);
  return port;
}

/** Until something takes connections there. */
async function answering(port: number): Promise<void> {
  for (;;) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
