// A process of its own for the servers of the rig, so that what they hold is not counted as the checks'.
// It is told over IPC which to open, and says where they listen:
//   { id, open: { transport, conversation, behaviour, address, tls, slowly, redirectTo, … } } → { id, port }
//   { id, open: { transport, attack, address, tls } } → { id, port }
//   { id, close: true } → { id }
// Ends when its parent does.
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls";
import koffi from "koffi";
import { attacks } from "./attacks.mjs";
import { conversations, datagrams, turns } from "./conversations.mjs";

/** One byte so often, when nothing else is asked for: slower than any answer here may take. */
/** The shortest greeting lasts for seconds so: a busy machine's longer patience does not outlast it. */
const usualTrickleMs = 250;
/** A flood in measure, for who watches memory meanwhile: a chunk of 16 KiB so often. */
const slowFloodMs = 2;

const libc = koffi.load("libc.so.6");
const socket = libc.func("int socket(int, int, int)");
const bind = libc.func("int bind(int, const void *, uint32_t)");
const listen = libc.func("int listen(int, int)");
const getsockname = libc.func("int getsockname(int, void *, _Inout_ uint32_t *)");
const closeDescriptor = libc.func("int close(int)");
const setsockopt = libc.func("int setsockopt(int, int, int, const void *, uint32_t)");
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;

const opened = new Map();

process.on("disconnect", () => process.exit());
process.on("message", async ({ id, open, close }) => {
  if (open) {
    const server = await opener(open)(open);
    opened.set(id, server);
    process.send({ id, port: server.port });
  } else if (close) {
    await opened.get(id)?.close();
    opened.delete(id);
    process.send({ id });
  }
});

function opener({ transport, behaviour }) {
  if (behaviour === "no accept") return openNotAccepting;
  return transport === "udp" ? openUdp : openTcp;
}

const listening = (server, address) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, () => resolve(server.address().port));
  });

/** Its queue is full, and nobody takes from it: the kernel answers no more connection requests. IPv4. */
async function openNotAccepting({ address }) {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  const name = Buffer.alloc(16);
  name.writeUInt16LE(AF_INET, 0);
  name.set(address.split(".").map(Number), 4);
  bind(fd, name, name.length);
  // One place is the least there is.
  listen(fd, 0);
  getsockname(fd, name, [name.length]);
  const port = name.readUInt16BE(2);
  const first = connect(port, address).on("error", () => {});
  await new Promise((resolve) => first.once("connect", resolve));
  const close = async () => {
    first.destroy();
    closeDescriptor(fd);
  };
  return { port, close };
}

async function openTcp(plan) {
  const { address, behaviour } = plan;
  const sockets = new Set();
  const closers = [];
  const track = (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    return socket;
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    behave(track(socket), plan, { track, closers }),
  );
  const port = await listening(server, address);
  // Sockets that it accepts inherit the smallest window the kernel gives.
  if (behaviour === "zero window") {
    const size = Buffer.alloc(4);
    size.writeInt32LE(1024);
    setsockopt(server._handle.fd, SOL_SOCKET, SO_RCVBUF, size, 4);
  }
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([...closers, server].map((it) => new Promise((done) => it.close(done))));
  };
  if (behaviour === "refuse") await close();
  return { port, close };
}

/** What happens to the connection itself, before a word is said; else it is talked to. */
function behave(socket, plan, tools) {
  const { behaviour, tls } = plan;
  switch (behaviour) {
    case "reset at accept":
      socket.resetAndDestroy();
      return;
    case "silence":
      socket.resume();
      return;
    case "half close":
      socket.resume().end();
      return;
    case "wrong protocol":
      socket.resume().write("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
      return;
    case "TLS garbage": {
      // A record of the handshake by its header, none by what is in it.
      const garbage = Buffer.concat([Buffer.from([0x16, 3, 3, 0, 64]), Buffer.alloc(64, 0xa5)]);
      socket.once("data", () => socket.write(garbage));
      return;
    }
    case "TLS stall":
      stall(socket, tls, tools).catch(() => socket.destroy());
      return;
  }
  const secure = tls === undefined ? socket : tools.track(overTls(socket, tls));
  if (plan.attack === undefined) talk(secure, socket, plan, tools);
  else attacks[plan.attack].serve(secure);
}

const overTls = (socket, tls) =>
  new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) });

/** The first bytes of a true handshake, and no more. */
async function stall(socket, tls, { track, closers }) {
  const inner = createTlsServer(tls).on("tlsClientError", () => {});
  closers.push(inner);
  const link = track(connect(await listening(inner, "127.0.0.1"), "127.0.0.1"));
  socket.pipe(link);
  link.once("data", (bytes) => socket.write(bytes.subarray(0, 40)));
}

/**
 * @param socket where words go: over TLS or not
 * @param raw the connection below it
 */
function talk(socket, raw, plan, { track, closers }) {
  const { behaviour, address, slowly } = plan;
  const openData = async () => {
    let send;
    const content = new Promise((resolve) => {
      send = resolve;
    });
    const server = createServer(async (data) => {
      track(data).resume();
      const said = await content;
      if (typeof said === "string") data.end(said, "latin1");
      else pour(data, said, slowly);
    });
    closers.push(server);
    return { port: await listening(server, address), send };
  };
  const conversation = conversations[plan.conversation](behaviour, {
    openData,
    redirectTo: plan.redirectTo,
  });
  const say = speech(socket, raw, plan);

  if (behaviour === "answer before the request") {
    say(conversation.upfront);
    socket.resume();
    return;
  }
  if (conversation.greeting) say(conversation.greeting);
  if (behaviour === "zero window") return;
  let turn = Promise.resolve();
  socket.on("data", (chunk) => {
    turn = turn.then(async () => {
      const said = await conversation.hear(chunk.toString("latin1"));
      if (said) say(said);
    });
  });
}

/** How the words of a conversation get onto the wire. */
function speech(socket, raw, plan) {
  const { behaviour, conversation, slowly, trickleMs = usualTrickleMs } = plan;
  const { quietAfter = Number.POSITIVE_INFINITY } = plan;
  let timer;
  let unsaid = "";
  let turn = 0;
  const write = (text) => socket.write(text, "latin1");
  return (said) => {
    if (++turn > quietAfter) return;
    if (typeof said !== "string") {
      pour(socket, said, slowly);
      return;
    }
    switch (behaviour) {
      case "trickle":
        unsaid += said;
        timer ??= setInterval(() => {
          if (unsaid !== "") write(unsaid[0]);
          unsaid = unsaid.slice(1);
        }, trickleMs);
        socket.once("close", () => clearInterval(timer));
        return;
      case "reset mid-reply":
        // Half of it; a moment later, so that it arrives before the reset throws it away.
        socket.write(said.slice(0, Math.ceil(said.length / 2)), "latin1", () =>
          setTimeout(() => raw.resetAndDestroy(), 30),
        );
        return;
      case "early close":
        if (turn === turns[conversation]) socket.end(said, "latin1");
        else write(said);
        return;
      case "duplicate replies":
        write(said);
        write(said);
        return;
      default:
        write(said);
    }
  };
}

/** As much as the other side takes, or in measure. */
function pour(socket, { head, filler }, slowly) {
  const write = () => !socket.destroyed && socket.writable && socket.write(filler(), "latin1");
  if (head !== "") socket.write(head, "latin1");
  if (slowly) {
    const timer = setInterval(write, slowFloodMs);
    socket.once("close", () => clearInterval(timer));
    return;
  }
  const more = () => {
    while (write());
  };
  socket.on("drain", more);
  more();
}

async function openUdp({ address, conversation, behaviour, attack }) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  await new Promise((resolve) => socket.bind(0, address, resolve));
  const timers = new Set();
  const { port } = socket.address();
  const close = async () => {
    for (const timer of timers) clearInterval(timer);
    await new Promise((resolve) => socket.close(resolve));
  };
  if (behaviour === "refuse") {
    await close();
    return { port, close: async () => {} };
  }
  socket.on("message", (bytes, from) => {
    if (attack !== undefined) {
      attacks[attack].serve(socket, bytes, from);
      return;
    }
    const send = (text) => socket.send(Buffer.from(text, "latin1"), from.port, from.address);
    if (behaviour === "silence") return;
    if (behaviour === "wrong protocol") {
      send("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
      return;
    }
    if (behaviour === "endless body") {
      timers.add(setInterval(() => send(`${"babble\n".repeat(1000)}`), 1));
      return;
    }
    const answer = datagrams[conversation](behaviour, bytes.toString("latin1"));
    send(answer);
    if (behaviour === "duplicate replies") send(answer);
  });
  return { port, close };
}
