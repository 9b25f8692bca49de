// All real servers of the rig in one process, on a host that has every address of their networks. Commands on
// standard input, one of JSON a line: { open: [[address, port]] }, { close: … }, { page: [address, status, body] },
// { fail: [address, count] } (the next answers to each director are 503), { told: director } (what it has asked and
// mailed since it last told).
// Port 9 counts connections: both programs ask it once a round. Port 25 takes mail. All others speak HTTP.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const COUNTER = 9;
const MAIL = 25;
const listeners = new Map();
/** By address: what it says, and to whom how often not. */
const pages = new Map();
const failures = new Map();
/** By director's address. */
const directors = new Map();
/** Of one that is gone already there is none. */
const plain = (address = "") => address.replace(/^::ffff:/, "");

function director(address) {
  const name = plain(address);
  if (!directors.has(name)) directors.set(name, { rounds: 0, requests: new Set(), mails: [] });
  return directors.get(name);
}

const web = createHttpServer((request, response) => {
  const { localAddress, remoteAddress } = request.socket;
  const { host } = request.headers;
  const real = plain(localAddress);
  director(remoteAddress).requests.add(`${request.method} ${request.url} Host: ${host} to ${real}`);
  const left = failures.get(real);
  const from = plain(remoteAddress);
  const count = left ? (left.byDirector.get(from) ?? left.count) : 0;
  if (count > 0) left.byDirector.set(from, count - 1);
  const [status, body] = count > 0 ? [503, "busy"] : (pages.get(real) ?? [200, "Welcome"]);
  response.writeHead(status, { "content-length": Buffer.byteLength(body), connection: "close" });
  response.end(request.method === "HEAD" ? undefined : body);
});

function takeMail(socket) {
  const mail = { from: "", to: [], text: "" };
  let isData = false;
  socket.write("220 sink ESMTP\r\n");
  const lines = createInterface({ input: socket });
  // It passes on what the socket has.
  lines.on("error", () => undefined);
  lines.on("line", (line) => {
    if (isData) {
      if (line !== ".") {
        mail.text += `${line.replace(/^\./, "")}\n`;
        return;
      }
      isData = false;
      director(socket.remoteAddress).mails.push({ ...mail, to: [...mail.to] });
      mail.to = [];
      mail.text = "";
      socket.write("250 taken\r\n");
      return;
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === "MAIL") mail.from = line.slice(10);
    if (verb === "RCPT") mail.to.push(line.slice(8));
    if (verb === "DATA") isData = true;
    socket.write(
      verb === "DATA" ? "354 go on\r\n" : verb === "QUIT" ? "221 bye\r\n" : "250 ok\r\n",
    );
    if (verb === "QUIT") socket.end();
  });
}

function serve(port, socket) {
  socket.on("error", () => undefined);
  if (port === COUNTER) {
    director(socket.remoteAddress).rounds += 1;
    socket.end();
    socket.resume();
  } else if (port === MAIL) takeMail(socket);
  else web.emit("connection", socket);
}

async function open([address, port]) {
  const key = `${address} ${port}`;
  if (listeners.has(key)) return;
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(port, socket));
  listeners.set(key, server);
  server.listen({ host: address, port, backlog: 64 });
  await once(server, "listening");
}

function close([address, port]) {
  const key = `${address} ${port}`;
  listeners.get(key)?.close();
  listeners.delete(key);
}

async function obey(command) {
  for (const place of command.close ?? []) close(place);
  for (const place of command.open ?? []) await open(place);
  if (command.page) pages.set(command.page[0], command.page.slice(1));
  if (command.fail)
    failures.set(command.fail[0], { count: command.fail[1], byDirector: new Map() });
  if (command.told === undefined) return "done";
  const seen = director(command.told);
  const told = { rounds: seen.rounds, requests: [...seen.requests], mails: seen.mails };
  if (command.isNew) {
    seen.requests = new Set();
    seen.mails = [];
  }
  return told;
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  say(await obey(JSON.parse(line)));
}
process.exit(0);
