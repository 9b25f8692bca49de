// A web server of a lab, started by real-server.ts: says its name on every path, on /sender who asked; on /stay it keeps
// the connection. The setting, as JSON in the first argument: { name, ports, tlsPorts, key, cert, pages: { path: body },
// isFirst }. Commands on standard input, one of JSON a line:
// { refuse: ports } closes these, { serve: ports } opens them again.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createInterface } from "node:readline";

const setting = JSON.parse(process.argv[2]);
const { name, ports = [], tlsPorts = [], key, cert, pages = {}, isFirst = false } = setting;
// Not by nice(1), which counts among those of a session alone.
if (isFirst) execFileSync("chrt", ["--all-tasks", "--fifo", "--pid", "1", String(process.pid)]);
function answer(request, response) {
  const path = new URL(request.url, "http://lab").pathname;
  const says = path === "/sender" ? request.socket.remoteAddress : (pages[path] ?? "This is");
  const body = `${says} ${name}\n`;
  // One connection for each request, for the kernel schedules connections; save on /stay.
  const connection = path === "/stay" ? "keep-alive" : "close";
  response.writeHead(200, { "content-length": body.length, connection });
  response.end(body);
}

const tls = tlsPorts.length > 0 ? { key: readFileSync(key), cert: readFileSync(cert) } : {};
// A connection that stays is the client's to end.
const stays = { keepAliveTimeout: 0 };
const servers = [
  ...ports.map((port) => [port, createServer(stays, answer)]),
  ...tlsPorts.map((port) => [port, createTlsServer({ ...tls, ...stays }, answer)]),
];

async function serve(which) {
  for (const [port, server] of servers) {
    if (server.listening || !which.includes(port)) continue;
    server.listen({ port, host: "::", ipv6Only: false, backlog: 511 });
    await once(server, "listening");
  }
}

async function refuse(which) {
  for (const [port, server] of servers) {
    if (!server.listening || !which.includes(port)) continue;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
await serve([...ports, ...tlsPorts]);
say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.serve) await serve(command.serve);
  else await refuse(command.refuse);
  say("done");
}
process.exit(0);
