#!/usr/bin/env node
// A lab of its own, for who wants to see page and metrics move: three web servers on loopback that come and go, a daemon
// that checks them, on a table in memory, and Debian's Prometheus with the rules beside this file. Ctrl-C ends it all.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { build, install } from "../../packaging/setup.mjs";

const top = join(import.meta.dirname, "../..");

if (!install({ mayDiffer: true }) || !build()) {
  console.error("The set-up failed, see above; nothing was started");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "ldirectord-monitoring-"));
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ending.abort());
process.exitCode = await run();

/** @returns the exit code */
async function run() {
  const children = [];
  const servers = await Promise.all(["first", "second", "third"].map(webServer));
  try {
    const [metrics, page, prometheus] = [await freePort(), await freePort(), await freePort()];
    writeFiles(servers, { metrics, page });
    children.push(
      start(process.execPath, [
        join(top, "dist/src/cli.js"),
        "-d",
        join(folder, "web.cf"),
        "start",
      ]),
    );
    children.push(start("prometheus", flagsOf(prometheus)));
    const dead = children.map(({ ended }) => ended);
    await Promise.race([answering(metrics, "/metrics"), ...dead]);
    await Promise.race([answering(prometheus, "/-/ready"), ...dead]);
    console.log(`The page:   http://127.0.0.1:${page}/`);
    console.log(`Metrics:    http://127.0.0.1:${metrics}/metrics`);
    console.log(
      `Prometheus: http://127.0.0.1:${prometheus}/graph?g0.expr=ldirectord_server_up&g0.tab=0&g0.range_input=10m`,
    );
    console.log(`Alerts:     http://127.0.0.1:${prometheus}/alerts`);
    console.log(
      "Every 20 s one of the three web servers fails, and one comes back. Ctrl-C ends it.",
    );
    await Promise.race([story(servers), ...dead]);
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return 0;
    console.error(error.message);
    return 1;
  } finally {
    for (const { child } of children) child.kill("SIGTERM");
    await Promise.allSettled(children.map(({ ended }) => ended));
    for (const { server } of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A web server that can be told to fail. */
function webServer(name) {
  const it = { name, isWell: true, port: 0, server: undefined };
  it.server = createServer((_, response) => {
    response.writeHead(it.isWell ? 200 : 503, { Connection: "close" }).end(`${name}\n`);
  });
  return new Promise((resolve) => {
    it.server.listen(0, "127.0.0.1", () =>
      resolve(Object.assign(it, { port: it.server.address().port })),
    );
  });
}

function writeFiles(servers, { metrics, page }) {
  mkdirSync(join(folder, "data"));
  const reals = servers.map(({ port }) => `\treal=127.0.0.1:${port} masq\n`).join("");
  writeFileSync(
    join(folder, "web.cf"),
    `supervised=yes\nchecktimeout=2\ncheckinterval=1\nvirtual=192.0.2.80:80\n${reals}\tservice=http\n\trequest="/"\n\tscheduler=rr\n`,
  );
  writeFileSync(
    join(folder, "ldirectord-ng.ini"),
    `[table]\nbackend = embedded\n[daemon]\nrundir = ${folder}\n[control]\nstate = ${folder}\n[metrics]\nlisten = 127.0.0.1:${metrics}\n[page]\nlisten = 127.0.0.1:${page}\n`,
  );
  // The same rules; another target, soon and without a token.
  const file = readFileSync(join(import.meta.dirname, "prometheus.yml"), "utf8")
    .replaceAll("15s", "1s")
    .replace(/ +authorization:\n.*\n/, "")
    .replace(/ +- lb1.*\n.*/, `          - 127.0.0.1:${metrics}`)
    .replace("ldirectord.rules.yml", join(import.meta.dirname, "ldirectord.rules.yml"));
  writeFileSync(join(folder, "prometheus.yml"), file);
}

function flagsOf(port) {
  return [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=warn",
  ];
}

/** @returns the process, and a promise that rejects when it has ended */
function start(program, words) {
  // Ctrl-C is for this program, which then ends them.
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "inherit"], detached: true });
  const ended = new Promise((_, reject) => {
    const why = (text) => reject(new Error(`${program} has ended: ${text}`));
    child.once("error", ({ code }) =>
      why(code === "ENOENT" ? "it is not there; apt-get install prometheus" : code),
    );
    child.once("exit", (code, signal) => why(signal ?? `exit code ${code}`));
  });
  ended.catch(() => undefined);
  return { child, ended };
}

/** One fails, 20 s later it is back and the next one fails; in the end the first two at once. */
async function story(servers) {
  for (let round = 0; ; round++) {
    for (const [i, server] of servers.entries()) {
      server.isWell = i !== round % 4 && !(round % 4 === 3 && i < 2);
    }
    await pause(20_000, undefined, ending);
  }
}

async function answering(port, path) {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (response?.ok) return;
    await pause(200, undefined, ending);
  }
}

/** One that was free just now. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
