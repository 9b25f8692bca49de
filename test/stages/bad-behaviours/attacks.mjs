// Servers that mean harm: each says what costs the most to read. One entry is one attack; probe and host
// find it by its name. Plain JavaScript: the host's process runs `serve`. Types: attacks.d.mts.
//
//   serve(socket)                   a connection was made (in TLS, where `tls` is there)
//   serve(socket, message, sender)  for `transport: "udp"`: a datagram came

import { randomBytes } from "node:crypto";
import { createServer } from "node:net";

const MiB = 1024 * 1024;

/** Says `answer` once it was asked. */
const asked = (answer) => (socket) => socket.once("data", () => socket.write(answer));
/** Says it at once. */
const atOnce = (answer) => (socket) => socket.resume().write(answer);
/** Answers one thing after the other, one to each thing that it hears. */
const inTurns =
  (greeting, ...answers) =>
  (socket) => {
    if (greeting) socket.write(greeting);
    socket.on("data", () => {
      const answer = answers.shift();
      if (answer) socket.write(answer);
    });
  };
/** `head`, then `filler` for ever, as fast as it is taken. */
const without = (end, head, filler) => (socket) => {
  const bytes = Buffer.from(filler);
  const pour = () => {
    while (!socket.destroyed && socket.writable && socket.write(bytes));
  };
  const begin = () => {
    socket.write(head);
    socket.on("drain", pour);
    pour();
  };
  if (end === "asked") socket.once("data", begin);
  else begin();
};

const cjk = (count) =>
  Array.from({ length: count }, (_, index) => String.fromCodePoint(0x4e00 + index)).join("");
const redirect = (location) =>
  `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
const redirectsTo = (location, said = ["protocol"]) => ({
  service: "http",
  said,
  serve: asked(redirect(location)),
});
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const page = (filler, said, head = chunked) => ({
  service: "http",
  settings: { receive: "Welcome" },
  said,
  serve: without("asked", head, filler),
});

const login = { login: "user", passwd: "secret" };

/** `what` in a file of ftp's, with the port of its data connection open beside. */
const ftpFile = (what) => (control) => {
  const data = createServer((socket) => what(socket.on("error", () => {})));
  control.on("close", () => data.close());
  data.listen(0, "127.0.0.1", () => {
    const { port } = data.address();
    const replies = ["331 go on", "230 in", "250 there", "200 so be it"];
    const passive = `227 (127,0,0,1,${port >> 8},${port & 255})`;
    inTurns("220 hi\r\n", ...[...replies, passive, "150 coming"].map((it) => `${it}\r\n`))(control);
  });
};

/** One letter a record. */
const drip = (socket) => {
  socket.setNoDelay?.(true);
  const more = () => {
    if (socket.destroyed) return;
    for (let count = 0; count < 500; count++) socket.write("x");
    setImmediate(more);
  };
  more();
};

/** A DER value. */
const der = (tag, body) => {
  const size = body.length;
  const head =
    size < 128 ? [tag, size] : size < 256 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from(head), body]);
};
/** Parameters of a finite field of so many bits. Nobody looks whether the number is a prime. */
const hugeGroup = (bits) => {
  const modulus = randomBytes(bits / 8);
  modulus[0] |= 0x80;
  modulus[modulus.length - 1] |= 1;
  const body = Buffer.concat([
    der(2, Buffer.concat([Buffer.of(0), modulus])),
    der(2, Buffer.of(2)),
  ]);
  const lines = der(0x30, body)
    .toString("base64")
    .match(/.{1,64}/g);
  return `-----BEGIN DH PARAMETERS-----\n${lines.join("\n")}\n-----END DH PARAMETERS-----\n`;
};

/** What the line protocols of a greeting have in common. */
const greeters = {
  smtp: { start: "220", more: "220-" },
  nntp: { start: "200", more: "200-" },
  pop: { start: "+OK", more: "+OK" },
  imap: { start: "* OK", more: "* OK" },
  redis: { start: "+OK", more: "+OK" },
  ftp: { start: "220", more: "220-" },
};

const ofGreeters = Object.entries(greeters).flatMap(([service, { start, more }]) =>
  Object.entries({
    "1 MiB of empty lines": ["\n".repeat(MiB), ["protocol"]],
    "1 MiB of empty lines after its greeting": [`${start} hi\r\n${"\n".repeat(MiB)}`, undefined],
    "1 MiB of short lines": [`${more}\n`.repeat(MiB / 4), undefined],
    "one letter a line": [`${more}\r\n${"x\n".repeat(MiB / 2)}`, undefined],
    "a line of 60 KiB of signs": [`${start} <${"@".repeat(60_000)}\r\n`, undefined],
    "a line of 60 KiB of brackets": [`${start} ${"[CAPABILITY ".repeat(5000)}\r\n`, undefined],
    "a line of 60 KiB of digits": [`${start} ${"1,".repeat(30_000)}\r\n`, undefined],
  }).map(([what, [text, said = ["up", "protocol", "timeout", "status"]]]) => [
    `${service}: ${what}`,
    { service, settings: login, said, timeoutMs: 400, serve: atOnce(text) },
  ]),
);

const shakingHands = (socket) => {
  const again = () => socket.destroyed || socket.renegotiate({}, (error) => error ?? again());
  again();
};

export const attacks = {
  "http: Location of 20,000 CJK letters": redirectsTo(`http://${cjk(20_000)}`),
  "http: Location of 320 labels of CJK": redirectsTo(
    `http://${Array.from({ length: 320 }, () => cjk(60)).join(".")}`,
  ),
  "http: Location of umlauts": redirectsTo(`http://${"ü".repeat(30_000)}`),
  "http: Location of combining signs": redirectsTo(`http://a${"\u0301\u0323".repeat(15_000)}`),
  "http: Location of 2 KiB of CJK": redirectsTo(`http://${cjk(670)}/`),
  "http: Location with a path of 60 KB": redirectsTo(`http://127.0.0.1:1/${"ü".repeat(30_000)}`),
  "http: Location with a login of 60 KB": redirectsTo(
    `http://${"%41".repeat(10_000)}:${"%".repeat(30_000)}@127.0.0.1:1/`,
  ),
  "http: Location of dots": redirectsTo(`http://127.0.0.1:1/${"a/../".repeat(12_000)}`),
  "http: Location of slashes": redirectsTo(`/${"/".repeat(60_000)}`),
  "http: Location of an impossible address": redirectsTo("http://[fe80::1]/"),
  "http: Location with a zone": redirectsTo("http://[fe80::1%25lo]/", ["status"]),
  "http: Location with an impossible port": redirectsTo("http://127.0.0.1:99999/", ["status"]),
  "http: Location with a host of 300 letters": redirectsTo(`http://${"a.".repeat(150)}example/`),
  "http: Location with a label of 70 letters": redirectsTo(`http://${"a".repeat(70)}.example/`),
  "http: Location with an empty label": redirectsTo("http://a..b/", ["protocol", "unreachable"]),
  "http: 12,000 small headers": {
    service: "http",
    said: ["up", "protocol"],
    serve: asked(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${"a:b\r\n".repeat(12_000)}\r\n`),
  },
  "http: a chunk a letter": page("1\r\nx\r\n".repeat(4096), ["mismatch", "protocol"]),
  "http: chunks with long extensions": page(`1;${"a".repeat(15_000)}\r\nx\r\n`, [
    "mismatch",
    "protocol",
  ]),
  "http: an endless chunk extension": page(
    "a".repeat(65_536),
    ["protocol", "mismatch"],
    `${chunked}1;`,
  ),
  "http: a chunk size of zeros": page("0".repeat(65_536), ["protocol", "mismatch"]),
  "http: endless trailers": page(
    "t: x\r\n".repeat(4096),
    ["protocol", "mismatch"],
    `${chunked}1\r\nx\r\n0\r\n`,
  ),
  "http: empty lines before the reply": page("\r\n".repeat(32_768), ["protocol"], ""),
  "http: early hints of 60 KB": page(
    `HTTP/1.1 103 Early Hints\r\nLink: ${"a".repeat(60_000)}\r\n\r\n`,
    ["protocol"],
    "",
  ),
  "http: early hints without end": page("HTTP/1.1 103 x\r\n\r\n".repeat(4096), ["protocol"], ""),
  "http: replies after the reply": page(
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".repeat(1000),
    ["mismatch"],
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  ),
  "http: a letter a segment": {
    service: "http",
    settings: { receive: "Welcome" },
    said: ["mismatch", "protocol", "timeout"],
    timeoutMs: 2000,
    serve: (socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        drip(socket);
      }),
  },
  "https: a group of 9984 bits": {
    service: "https",
    said: ["tls"],
    isRsa: true,
    tls: { dhparam: hugeGroup(9984), ciphers: "DHE-RSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" },
    serve: asked("HTTP/1.1 200 OK\r\n\r\n"),
  },
  "ldaps: a group of 9984 bits": {
    service: "ldaps",
    settings: { request: "dc=example" },
    said: ["tls"],
    isRsa: true,
    tls: { dhparam: hugeGroup(9984), ciphers: "DHE-RSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" },
    serve: () => {},
  },
  "https: a letter a record": {
    service: "https",
    settings: { receive: "Welcome" },
    said: ["mismatch", "protocol", "timeout"],
    timeoutMs: 2000,
    tls: {},
    serve: (socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        drip(socket);
      }),
  },
  "imaps: a letter a record": {
    service: "imaps",
    said: ["protocol", "timeout"],
    timeoutMs: 2000,
    tls: {},
    serve: drip,
  },
  "imaps: a new handshake again and again": {
    service: "imaps",
    settings: login,
    said: ["protocol", "timeout", "tls", "closed"],
    timeoutMs: 2000,
    tls: { maxVersion: "TLSv1.2" },
    serve: shakingHands,
  },
  "https: a new handshake again and again": {
    service: "https",
    said: ["protocol", "timeout", "tls", "closed"],
    timeoutMs: 2000,
    tls: { maxVersion: "TLSv1.2" },
    serve: (socket) => socket.once("data", () => shakingHands(socket)),
  },
  "pop: abilities in empty lines": {
    service: "pop",
    settings: login,
    said: ["protocol"],
    serve: inTurns("+OK\r\n", `+OK\r\n${"\n".repeat(MiB)}`),
  },
  "pop: abilities in long lines": {
    service: "pop",
    settings: login,
    said: ["protocol"],
    serve: inTurns("+OK\r\n", `+OK\r\n${`SASL ${" CRAM-MD5x".repeat(6000)}\n`.repeat(32)}`),
  },
  "pop: a challenge of 60 KB": {
    service: "pop",
    settings: login,
    said: ["protocol", "auth", "timeout"],
    timeoutMs: 400,
    serve: inTurns("+OK\r\n", "+OK\r\nSASL CRAM-MD5\r\n.\r\n", `+ ${"A".repeat(60_000)}\r\n`),
  },
  "imap: news without end": {
    service: "imap",
    settings: login,
    said: ["protocol"],
    serve: inTurns("* OK\r\n", "* \n".repeat(MiB / 3 + 1)),
  },
  "ftp: a reply of 1 MiB of empty lines": {
    service: "ftp",
    settings: { request: "f" },
    said: ["protocol"],
    serve: atOnce(`220-\r\n${"\n".repeat(MiB)}`),
  },
  "ftp: wait, wait, wait": {
    service: "ftp",
    said: ["protocol"],
    serve: atOnce("120 wait\r\n".repeat(MiB / 10)),
  },
  "ftp: a file, one letter a segment": {
    service: "ftp",
    settings: { request: "f", receive: "Welcome" },
    said: ["protocol", "timeout", "mismatch"],
    timeoutMs: 2000,
    serve: ftpFile(drip),
  },
  "simpletcp: 1 MiB of empty lines": {
    service: "simpletcp",
    settings: { request: "a", receive: "pong.*x" },
    said: ["protocol", "mismatch"],
    serve: asked("\n".repeat(MiB)),
  },
  "sip: 60,000 short headers": {
    service: "sip",
    said: ["protocol"],
    serve: asked(`SIP/2.0 100 T\r\n${"a\r\n".repeat(60_000)}`),
  },
  "sip: empty lines": { service: "sip", said: ["protocol"], serve: asked("\n".repeat(MiB)) },
  "sip: provisional replies without end": {
    service: "sip",
    said: ["protocol"],
    serve: asked("SIP/2.0 100 T\r\n\r\n".repeat(MiB / 16)),
  },
  ...Object.fromEntries(ofGreeters),
  // `receive` with a counted repeat: each byte costs as many steps as the repeat counts.
  "http: 512 KiB against a counted repeat": {
    service: "http",
    settings: { receive: "x.{0,200}y" },
    said: ["mismatch", "protocol", "timeout"],
    timeoutMs: 2000,
    serve: asked(`HTTP/1.1 200 OK\r\nContent-Length: ${MiB / 2}\r\n\r\n${"xa".repeat(MiB / 4)}`),
  },
  "http_proxy: 512 KiB against a counted repeat": {
    service: "http_proxy",
    settings: { request: "http://origin.example/", receive: "x.{0,200}y" },
    said: ["mismatch", "protocol", "timeout"],
    timeoutMs: 2000,
    serve: asked(`HTTP/1.1 200 OK\r\nContent-Length: ${MiB / 2}\r\n\r\n${"xa".repeat(MiB / 4)}`),
  },
  "ftp: 512 KiB against a counted repeat": {
    service: "ftp",
    settings: { request: "f", receive: "x.{0,200}y" },
    said: ["mismatch", "protocol", "timeout"],
    timeoutMs: 2000,
    serve: ftpFile((socket) => socket.end("xa".repeat(MiB / 4))),
  },
  "simpletcp: lines of 60 KB against a counted repeat": {
    service: "simpletcp",
    settings: { request: "a", receive: "x.{0,200}y" },
    said: ["mismatch", "protocol", "timeout"],
    timeoutMs: 2000,
    serve: asked(`${"xa".repeat(30_000)}\n`.repeat(16)),
  },
};
