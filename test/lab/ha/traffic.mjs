// The traffic of a lab of directors, started by traffic.ts: many new connections, and some that live long. Bare sockets and
// as little text as HTTP can be, for the machine has one processor. Each line of standard input is one command in JSON,
// answered by one line:
//   { begin: true, url, everyMs, timeoutMs, from, stay, connections, askMs }
//       a request on a new connection every so many milliseconds; and so many connections, which ask for `stay` every
//       `askMs` once they have their answer; "begun" when each of these has had one
//   { answered: true }
//       when the newest request that had its answer was begun, 0 for none
//   { rest: patienceMs }
//       no new requests; when those under way have ended, and the connections have had so much time for an answer:
//       { requests: [[at, took, error]], connections: [{ broken, silenceMs }], cpuMs, lastedMs, stallMs }
// `at` is in epoch milliseconds; `took` is null where there was no answer.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const partsOf = (url) => {
  const { hostname, port, pathname } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80), pathname };
};

let requests = [];
let underWay = 0;

/** Without a timer of its own: `pending` is looked through as requests are begun. */
const pending = new Set();

/** Time that this process had. A machine that stands still for a second fails nobody: of each pause a tenth of one counts. */
let ownMs = 0;
let lookedAt = Date.now();
let stallMs = 0;

function ask({ host, port, pathname }, localAddress, timeoutMs) {
  const at = Date.now();
  const entry = [at, null, null];
  requests.push(entry);
  underWay += 1;
  let text = "";
  const socket = connect({ host, port, localAddress });
  const job = { socket, until: ownMs + timeoutMs };
  pending.add(job);
  const end = (error) => {
    if (!pending.delete(job)) return;
    underWay -= 1;
    if (error) entry[2] = error;
    else entry[1] = Date.now() - at;
  };
  job.end = end;
  socket.on("connect", () => socket.write(`GET ${pathname} HTTP/1.0\r\n\r\n`));
  socket.on("data", (data) => {
    text += data.latin1Slice();
  });
  socket.on("error", ({ code }) => end(code));
  socket.on("close", () => end(/^HTTP\/1\.\d 200 /.test(text) ? undefined : "no answer"));
}

function passDeadlines(now) {
  stallMs = Math.max(stallMs, now - lookedAt);
  ownMs += Math.min(100, now - lookedAt);
  lookedAt = now;
  for (const job of pending) {
    if (job.until > ownMs) break; // they stand in the order of their beginning
    job.end("timeout");
    job.socket.destroy();
  }
}

let timer;
function startRequests({ url, everyMs, timeoutMs, from }) {
  const target = partsOf(url);
  const begun = Date.now();
  let made = 0;
  timer = setInterval(() => {
    const now = Date.now();
    // What a pause held back is begun after it, but no more than a tenth of a second of it at once.
    const due = Math.floor((now - begun) / everyMs);
    made = Math.max(made, due - Math.ceil(100 / everyMs));
    for (; made < due; made += 1) ask(target, from, timeoutMs);
    passDeadlines(now);
  }, everyMs);
}

/** Connections that stand: { broken, silenceMs, askedAt }. */
let held = [];
let asks = false;

function hold({ host, port, pathname }, localAddress, askMs) {
  return new Promise((resolve) => {
    const state = { broken: null, silenceMs: 0, askedAt: 0 };
    held.push(state);
    const socket = connect({ host, port, localAddress });
    state.socket = socket;
    const question = `GET ${pathname} HTTP/1.1\r\nHost: lab\r\n\r\n`;
    const send = () => {
      if (!asks || state.broken) return;
      state.askedAt = Date.now();
      socket.write(question);
    };
    socket.on("connect", send);
    socket.on("data", () => {
      if (state.askedAt === 0) return;
      state.silenceMs = Math.max(state.silenceMs, Date.now() - state.askedAt);
      state.askedAt = 0;
      setTimeout(send, askMs);
      resolve();
    });
    const lost = (why) => {
      state.broken ??= why;
      resolve();
    };
    socket.on("error", ({ code }) => lost(code));
    socket.on("close", () => lost("closed"));
  });
}

async function rest(patienceMs) {
  clearInterval(timer);
  const end = Date.now() + patienceMs;
  const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
  while (underWay > 0) {
    passDeadlines(Date.now());
    await wait();
  }
  // Who waits at this moment is given the rest of its time; the others have had their answers.
  const waiting = held.filter(({ askedAt }) => askedAt > 0);
  const left = () => waiting.some(({ broken, askedAt }) => !broken && askedAt > 0);
  asks = false;
  while (left() && Date.now() < end) await wait();
  for (const state of held) {
    if (!state.broken && state.askedAt > 0) state.broken = "silent";
  }
  const connections = held.map(({ broken, silenceMs }) => ({ broken, silenceMs }));
  for (const { socket } of held) socket.destroy();
  held = [];
  return connections;
}

let startedAt = 0;
let startedCpu = process.cpuUsage();

say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.begin) {
    const { stay, connections = 0, askMs = 250, from } = command;
    requests = [];
    asks = true;
    for (let i = 0; i < connections; i += 1) await hold(partsOf(stay), from, askMs);
    startedAt = Date.now();
    lookedAt = startedAt;
    stallMs = 0;
    startedCpu = process.cpuUsage();
    startRequests(command);
    say("begun");
  } else if (command.answered) {
    say(requests.findLast(([, took]) => took !== null)?.[0] ?? 0);
  } else {
    const lastedMs = Date.now() - startedAt;
    const { user, system } = process.cpuUsage(startedCpu);
    const connections = await rest(command.rest);
    say({ requests, connections, cpuMs: Math.round((user + system) / 1000), lastedMs, stallMs });
  }
}
process.exit(0);
