// All real servers of the comparison with the original, started by agent.ts in one namespace. The setting, as JSON in
// the file that the first argument names, itself a JSON string: { listeners, key, certificates, silentMs }; see
// services/targets.ts and services/target.ts. Ends with its standard input.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { dnsReply, serveDns } from "./services/dns.mjs";
import { serveFtp } from "./services/ftp.mjs";
import { serveLdap } from "./services/ldap.mjs";
import { serveMysql } from "./services/mysql.mjs";
import { servePgsql } from "./services/pgsql.mjs";
import { radiusReplies } from "./services/radius.mjs";

const { listeners, key, certificates, silentMs } = JSON.parse(
  readFileSync(JSON.parse(process.argv[2]), "utf8"),
);

/** @param reply a string, null for none, { last } to close after it */
function say(socket, reply, lineEnd) {
  if (reply === null) return;
  const text = typeof reply === "string" ? reply : reply.last;
  const bytes = Buffer.from(text === "" ? "" : `${text}${lineEnd}`, "latin1");
  if (typeof reply === "string") socket.write(bytes);
  else socket.end(bytes);
}

function find(answers, text) {
  for (const [pattern, reply] of answers) {
    const found = new RegExp(pattern).exec(text);
    // $1 in a reply is what the pattern's first group took: a tag.
    if (found) return typeof reply === "string" ? reply.replaceAll("$1", found[1] ?? "") : reply;
  }
  return { last: "" };
}

async function serveLines(socket, { greeting, answers = [], delayMs = 0 }) {
  if (delayMs > 0) await delay(delayMs);
  say(socket, greeting, "\r\n");
  let pending = "";
  socket.on("data", (bytes) => {
    const lines = (pending + bytes.toString("latin1")).split(/\r?\n/);
    pending = lines.pop();
    for (const line of lines) if (socket.writable) say(socket, find(answers, line), "\r\n");
  });
}

function serveOnce(socket, { end, answers }) {
  let text = "";
  let isAnswered = false;
  const answer = () => {
    if (isAnswered) return;
    isAnswered = true;
    say(socket, find(answers, text), "");
  };
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    if (end !== "" && text.includes(end)) answer();
  });
  if (end === "") socket.on("end", answer);
}

/** Which code serves which kind of script on a connection. */
const kinds = {
  lines: serveLines,
  once: serveOnce,
  silent: () => {},
  dns: serveDns,
  ftp: serveFtp,
  ldap: serveLdap,
  mysql: serveMysql,
  pgsql: servePgsql,
};

function serve(socket, script) {
  socket.on("error", () => socket.destroy());
  socket.setNoDelay(true);
  const timer = setTimeout(() => socket.destroy(), silentMs);
  socket.on("close", () => clearTimeout(timer));
  socket.on("end", () => setImmediate(() => socket.end()));
  kinds[script.kind](socket, script);
  socket.resume();
}

/** What a datagram is answered with. */
const replies = {
  silent: () => [],
  datagrams: (script) => script.replies,
  sip: sipReplies,
  dns: (script, datagram) => [dnsReply(script, datagram)],
  radius: radiusReplies,
};

/** RFC 3261 §8.2.6.2. */
function sipReplies(script, datagram) {
  const repeated = datagram
    .toString("latin1")
    .split("\r\n")
    .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
  return script.replies.map((it) => it.replace("\r\n", `\r\n${repeated.join("\r\n")}\r\n`));
}

const keyPem = readFileSync(key);
const pems = Object.fromEntries(
  Object.entries(certificates).map(([name, file]) => [name, readFileSync(file)]),
);

function tlsOptions({ certificate, byName }) {
  const options = { key: keyPem, cert: pems[certificate] };
  if (byName === undefined) return options;
  const named = createSecureContext({ key: keyPem, cert: pems[byName] });
  return { ...options, SNICallback: (_name, done) => done(null, named) };
}

async function open({ address, port, protocol, script, tls }) {
  if (script.kind === "gone") return;
  if (protocol === "udp") {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.on("message", (datagram, from) => {
      for (const reply of replies[script.kind](script, datagram))
        socket.send(reply, from.port, from.address);
    });
    socket.on("error", () => {});
    socket.bind(port, address);
    await once(socket, "listening");
    return;
  }
  const onConnection = (socket) => serve(socket, script);
  const server = tls
    ? createTlsServer({ ...tlsOptions(tls), allowHalfOpen: true }, onConnection)
    : createServer({ allowHalfOpen: true }, onConnection);
  if (tls) server.on("tlsClientError", () => {});
  server.listen({ port, host: address });
  await once(server, "listening");
}

for (const listener of listeners) await open(listener);
process.stdout.write('"ready"\n');
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
