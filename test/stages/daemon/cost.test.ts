/**
 * What a check costs that says what it said last time, counted and not timed: system calls, what is allocated for it and
 * what is kept of it, and what the table is told. There is room for less than one call more; of bytes, which vary by a tenth from
 * run to run, for 2 KiB.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { close, listen } from "../../support/servers/scripted.ts";
import { Running, Site } from "./site.ts";

/** What is counted here are the engine's calls and bytes. */
const isOff = process.env["LAB_ENGINE"] === "node";
const realServers = 200;
const page = "HTTP/1.1 200 OK\r\nServer: scripted\r\nContent-Length: 8\r\n\r\nWelcome\n";

let site: Site;
let server: Server;
let port = 0;
beforeEach(async () => {
  site = new Site();
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end(page));
    socket.on("end", () => socket.end());
  });
  port = (await listen(server, "0.0.0.0")).port;
});
const children: Running[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await site.close();
  await close(server);
});

/** Each server has an address of its own: 127.0.1.1 and so on. */
function writeFile(check: string): void {
  const reals = Array.from({ length: realServers }, (_, i) => `real=127.0.1.${i + 1}:${port} gate`);
  const lines = ["checkinterval=1", "checktimeout=30", "negotiatetimeout=30", "supervised"];
  const service = ["virtual=127.0.0.9:80", "protocol=tcp", ...reals, ...check.split("\n")];
  site.write("web.cf", `${lines.join("\n")}\n${service.join("\n        ")}\n`);
}

const connect = "checktype=connect";
const http = 'checktype=negotiate\nservice=http\nrequest="/"\nreceive="Welcome"';

function run(program: string, args: readonly string[]): Running {
  const running = new Running(spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] }));
  children.push(running);
  return running;
}

/** Calls by name, from `strace -c`. */
function callsIn(table: string): ReadonlyMap<string, number> {
  const rows = [...table.matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +(?!total)(\w+)$/gm)];
  return new Map(rows.map(([, calls, name = ""]) => [name, Number(calls)]));
}

/** How often it waits, and what it does for its memory and its threads, depends on the machine. */
const notCounted =
  /^(futex|epoll_p?wait2?|m(un)?map|mprotect|madvise|brk|sched_yield|restart_syscall)$/;

const strace = "/usr/bin/strace";
test
  .skipIf(!existsSync(strace) || isOff)
  .for<[name: string, check: string, calls: readonly string[]]>([
    ["connect", connect, ["socket", "connect", "epoll_ctl", "getsockname", "close"]],
    [
      "http",
      http,
      ["socket", "connect", "epoll_ctl", "getsockname", "sendto", "epoll_ctl", "recvfrom", "close"],
    ],
  ])(
  "%s: so many system calls by the engine, as strace counts them (apt-get install strace)",
  { timeout: 180_000 },
  async ([, check, calls]) => {
    writeFile(check);
    let connections = 0;
    server.on("connection", () => connections++);
    const reached = (count: number) =>
      expect.poll(() => connections, { timeout: 120_000, interval: 50 }).toBeGreaterThan(count);
    const daemon = site.spawn(site.cf, "start");
    await reached(2 * realServers);
    const file = site.path("calls");
    const tracing = run(strace, ["-f", "-c", "-o", file, "-p", String(daemon.pid)]);
    await tracing.printed("stderr", /attached/);
    await reached(connections + 5 * realServers);
    tracing.kill("SIGINT");
    await tracing.ended;
    const counted = callsIn(site.read("calls"));
    const checks = counted.get("connect") ?? 0;
    expect(checks).toBeGreaterThan(3 * realServers);
    const all = [...counted].filter(([name]) => !notCounted.test(name));
    const perCheck = all.reduce((sum, [, count]) => sum + count, 0) / checks;
    // The rest is what the daemon does each second, whatever it checks.
    expect(perCheck, site.read("calls")).toBeLessThan(calls.length + 0.9);
  },
);

interface Inside {
  readonly checks: number;
  readonly allocated: number;
  readonly kept: number;
  readonly rows: number;
  readonly told: number;
}

/**
 * A young generation that is not collected, and no optimizing compiler, which leaves out most of it: then what is allocated
 * is always about the same, and what the bounds are for is Node.js 20.
 */
const nodeOptions = [
  "--expose-gc",
  "--no-opt",
  "--min-semi-space-size=128",
  "--max-semi-space-size=128",
];
const inside = fileURLToPath(new URL("./cost-inside.mjs", import.meta.url));

test
  .skipIf(!process.version.startsWith("v20.") || isOff)
  .for<[name: string, check: string, bytes: number]>([
    ["connect", connect, 7_900],
    ["http", http, 16_300],
  ])(
  "%s: so many bytes (by the engine, of Node.js 20), of which nothing stays, and no word to the table",
  { timeout: 180_000 },
  async ([, check, bytes]) => {
    writeFile(check);
    const { stdout, stderr } = await run(process.execPath, [
      ...nodeOptions,
      inside,
      site.cf,
      "1000",
    ]).ended;
    expect(stderr).toBe("");
    const found = JSON.parse(stdout) as Inside;
    expect(found).toMatchObject({ rows: 1 + realServers, told: 0 });
    expect(found.allocated / found.checks, stdout).toBeLessThan(bytes);
    expect(found.kept / found.checks).toBeLessThan(100);
  },
);
