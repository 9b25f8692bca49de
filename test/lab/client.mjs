// The client of a lab, started by client.ts. Each line of standard input is one command in JSON, answered by one line:
//   { get: url, count, from, timeoutMs }   count requests one after the other, each on a connection of its own
//   { load: url, everyMs, timeoutMs }      starts a request every so many milliseconds until told to stop
//   { stop: true }                         ends that and waits for what is under way
//   { open: url, count }                   opens so many connections, and says nothing on them
//   { finish: true }                       asks for the page on each of these, and ends them
//   { drop: true }                         ends them without a word
// A request is answered as { body, at } or { error, at }; `at` is when it began, in epoch milliseconds.
import { once } from "node:events";
import { request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

function get(url, from, timeoutMs) {
  const at = Date.now();
  return new Promise((resolve) => {
    const request = url.startsWith("https:") ? requestTls : requestPlain;
    const options = { agent: false, rejectUnauthorized: false, localAddress: from };
    const sent = request(url, options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text) => {
        body += text;
      });
      response.on("error", (error) => resolve({ error: error.message, at }));
      response.on("end", () => {
        clearTimeout(timer);
        const fine = response.statusCode === 200;
        resolve(fine ? { body: body.trim(), at } : { error: `${response.statusCode}`, at });
      });
    });
    const timer = setTimeout(() => sent.destroy(new Error("timeout")), timeoutMs);
    sent.on("error", (error) => {
      clearTimeout(timer);
      resolve({ error: error.code ?? error.message, at });
    });
    sent.end();
  });
}

/** Connections that stand. */
const held = [];

async function open(url, count) {
  const { hostname, port, pathname } = new URL(url);
  for (let i = 0; i < count; i += 1) {
    const socket = connect({ host: hostname, port: Number(port || 80) });
    let text = "";
    const ended = new Promise((resolve) => {
      socket.setEncoding("utf8").on("data", (more) => {
        text += more;
      });
      socket.on("error", ({ code }) => resolve({ error: code }));
      socket.on("close", () => resolve({ body: text.split("\r\n\r\n")[1]?.trim() ?? "" }));
    });
    held.push({ socket, ended, pathname, at: Date.now() });
    await once(socket, "connect");
  }
}

function finish() {
  const all = held.splice(0);
  for (const { socket, pathname } of all) socket.write(`GET ${pathname} HTTP/1.0\r\n\r\n`);
  return Promise.all(all.map(async ({ ended, at }) => ({ ...(await ended), at })));
}

let timer;
let pending = [];

say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const { get: url, load, stop, count = 1, from, everyMs, timeoutMs = 5000 } = command;
  if (url) {
    const answers = [];
    for (let i = 0; i < count; i += 1) answers.push(await get(url, from, timeoutMs));
    say(answers);
  } else if (load) {
    timer = setInterval(() => pending.push(get(load, from, timeoutMs)), everyMs);
    say("started");
  } else if (stop) {
    clearInterval(timer);
    const answers = await Promise.all(pending);
    pending = [];
    say(answers);
  } else if (command.open) {
    await open(command.open, count);
    say("opened");
  } else if (command.finish) {
    say(await finish());
  } else if (command.drop) {
    for (const { socket } of held.splice(0)) socket.destroy();
    say("dropped");
  }
}
process.exit(0);
