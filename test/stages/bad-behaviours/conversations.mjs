// The right servers: what each protocol says when all is well, and what it says without end when it is not.
// Bytes are latin1 strings throughout. Plain JavaScript: a process of its own runs it (host.mjs).
//
// A conversation is made anew for each connection, for one behaviour. It has
//   greeting    said at accept
//   hear(text)  what it answers to more input: text, { head, filler } to say `filler()` for ever after `head`,
//               a promise of one of these, or nothing
//   upfront     all that it will ever say, for who says it before it was asked
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

const bytes = (...codes) => String.fromCharCode(...codes);
const repeated = (text) => {
  const chunk = text.repeat(Math.ceil(16_384 / text.length));
  return () => chunk;
};
const flood = (head, text) => ({ head, filler: repeated(text) });
/** For packets with a counter: as many as fill a chunk. */
const counted = (make) => {
  let count = 0;
  return () => {
    let chunk = "";
    while (chunk.length < 16_384) chunk += make(count++);
    return chunk;
  };
};

/** Answers each line. @param answer what to say, or nothing */
function byLine(greeting, answer, upfront = greeting) {
  let unread = "";
  return {
    greeting,
    upfront,
    async hear(text) {
      unread += text;
      let said = "";
      for (;;) {
        const end = unread.indexOf("\n");
        if (end < 0) return said;
        const line = unread.slice(0, end).replace(/\r$/, "");
        unread = unread.slice(end + 1);
        const reply = (await answer(line)) ?? "";
        if (typeof reply !== "string") return { ...reply, head: said + reply.head };
        said += reply;
      }
    },
  };
}

/** Answers the first input that holds `end`. */
function once(end, answer, upfront) {
  let heard = "";
  let isDone = false;
  return {
    greeting: "",
    upfront,
    hear(text) {
      heard += text;
      if (isDone || !heard.includes(end)) return undefined;
      isDone = true;
      return answer(heard);
    },
  };
}

/** What stands in for the words of an answer. */
const wordsFor = (behaviour, usual) =>
  ({ "non-UTF-8": `${usual} \xff\xfe\xc3(`, "NUL bytes": `${usual}\0\0 more` })[behaviour] ?? usual;

function http(behaviour, { redirectTo }) {
  const words = wordsFor(behaviour, "Test Page");
  const page = (body, headers = "") =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
  const answers = {
    "endless line": () => flood("HTTP/1.1 200 ", "x"),
    "endless headers": () => flood("HTTP/1.1 200 OK\r\n", "X-Filler: and yet one more\r\n"),
    // In small pieces, because each costs its own.
    "endless body": () =>
      flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n"),
    "compressed bomb": () =>
      page(gzipSync(Buffer.alloc(100e6)).toString("latin1"), "Content-Encoding: gzip\r\n"),
    "redirect loop": () => "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
    // A proxy is asked for the other host's page too.
    "redirect to another host": (asked) =>
      asked.startsWith(`GET ${redirectTo}`)
        ? page(words)
        : `HTTP/1.1 302 Found\r\nLocation: ${redirectTo}\r\nContent-Length: 0\r\n\r\n`,
    "100-continue storm": () => flood("", "HTTP/1.1 100 Continue\r\n\r\n"),
  };
  return once("\r\n\r\n", answers[behaviour] ?? (() => page(words)), page(words));
}

function smtp(behaviour) {
  if (behaviour === "endless line") return { greeting: flood("220 ", "x"), hear() {} };
  if (behaviour === "endless headers") return { greeting: flood("", "220-more\r\n"), hear() {} };
  const greeting = `220 ${wordsFor(behaviour, "mail.example ready")}\r\n`;
  const answer = (line) =>
    ({ EHLO: "250 mail.example\r\n", QUIT: "221 bye\r\n" })[line.slice(0, 4).toUpperCase()];
  return byLine(greeting, answer, `${greeting}250 mail.example\r\n221 bye\r\n`);
}

function nntp(behaviour) {
  if (behaviour === "endless line") return { greeting: flood("200 ", "x"), hear() {} };
  return byLine(`200 ${wordsFor(behaviour, "news.example ready")}\r\n`, () => {});
}

function pop(behaviour) {
  if (behaviour === "endless line") return { greeting: flood("+OK ", "x"), hear() {} };
  const greeting = `+OK ${wordsFor(behaviour, "mail.example ready")}\r\n`;
  const replies = {
    CAPA: behaviour === "endless headers" ? flood("+OK\r\n", "X-MORE\r\n") : "+OK\r\nUSER\r\n.\r\n",
    USER: "+OK\r\n",
    PASS: `+OK ${wordsFor(behaviour, "")}\r\n`,
    QUIT: "+OK bye\r\n",
  };
  return byLine(
    greeting,
    (line) => replies[line.slice(0, 4).toUpperCase()],
    greeting + Object.values(replies).join(""),
  );
}

function redis(behaviour) {
  const replies = { AUTH: "+OK\r\n", PING: "+PONG\r\n" };
  if (behaviour === "endless line") return byLine("", () => flood("+", "x"));
  if (behaviour === "endless headers") return byLine("", () => flood("", "+more\r\n"));
  return byLine("", (line) => replies[line], Object.values(replies).join(""));
}

function imap(behaviour) {
  if (behaviour === "endless line") return { greeting: flood("* OK ", "x"), hear() {} };
  const greeting = `* OK ${wordsFor(behaviour, "mail.example ready")}\r\n`;
  return byLine(
    greeting,
    (line) => {
      if (behaviour === "endless headers") return flood("", "* 1 EXISTS\r\n");
      return `${line.split(" ")[0]} OK ${wordsFor(behaviour, "done")}\r\n`;
    },
    `${greeting}b OK done\r\nc OK done\r\n`,
  );
}

function ftp(behaviour, { openData }) {
  if (behaviour === "endless line") return { greeting: flood("220 ", "x"), hear() {} };
  if (behaviour === "endless headers") return { greeting: flood("", "220-more\r\n"), hear() {} };
  let data;
  const words = wordsFor(behaviour, "Test Page");
  const replies = {
    USER: () => "331 password?\r\n",
    PASS: () => "230 welcome\r\n",
    CWD: () => "250 there\r\n",
    TYPE: () => "200 so be it\r\n",
    async PASV() {
      data = await openData();
      return `227 passive (127,0,0,1,${data.port >> 8},${data.port & 255})\r\n`;
    },
    async EPSV() {
      data = await openData();
      return `229 passive (|||${data.port}|)\r\n`;
    },
    RETR() {
      data?.send(behaviour === "endless body" ? flood(words.slice(0, 4), "babble\n") : words);
      return behaviour === "endless body" ? "150 coming\r\n" : "150 coming\r\n226 done\r\n";
    },
    QUIT: () => "221 bye\r\n",
  };
  return byLine(`220 ${wordsFor(behaviour, "ftp.example ready")}\r\n`, (line) =>
    (replies[line.split(" ")[0].toUpperCase()] ?? (() => "500 what?\r\n"))(),
  );
}

function simpletcp(behaviour) {
  const answer = () => {
    if (behaviour === "endless line") return flood("hello ", "x");
    if (behaviour === "endless body") return flood("", "babble\n");
    return `hello ${wordsFor(behaviour, "world")}\n`;
  };
  return once("", answer, "hello world\n");
}

function sip(behaviour) {
  const answer = (request) => {
    const [copied = ""] = [
      request
        .split("\r\n")
        .filter((line) => /^(Via|To|From|Call-ID|CSeq):/.test(line))
        .join("\r\n"),
    ];
    const line = `SIP/2.0 200 ${wordsFor(behaviour, "OK")}\r\n`;
    if (behaviour === "endless line") return flood("SIP/2.0 200 ", "x");
    if (behaviour === "endless headers") return flood(line, "X-Filler: and yet one more\r\n");
    if (behaviour === "endless body")
      return flood("SIP/2.0 180 Ringing\r\nContent-Length: 2147483647\r\n\r\n", "babble\n");
    return `${line}${copied}\r\nContent-Length: 0\r\n\r\n`;
  };
  return once("\r\n\r\n", answer, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
}

// ---- LDAP: RFC 4511 in the basic encoding rules, every length short enough for one byte ----

const tagged = (tag, body) => bytes(tag, body.length) + body;
const ldapMessage = (id, operation) => tagged(0x30, tagged(0x02, bytes(id)) + operation);
const ldapResult = (tag) => tagged(tag, bytes(0x0a, 1, 0, 4, 0, 4, 0));
const ldapEntry = (id, name) =>
  ldapMessage(id, tagged(0x64, tagged(0x04, name) + tagged(0x30, "")));

function ldap(behaviour) {
  const name = wordsFor(behaviour, "dc=example");
  let heard = Buffer.alloc(0);
  return {
    greeting: "",
    upfront:
      ldapMessage(1, ldapResult(0x61)) + ldapEntry(2, name) + ldapMessage(2, ldapResult(0x65)),
    hear(text) {
      heard = Buffer.concat([heard, Buffer.from(text, "latin1")]);
      let said = "";
      for (;;) {
        // A short length, or one in four bytes; then the id of one byte, then the operation.
        const isLong = heard[1] === 0x84;
        const size = heard.length < 6 ? 0 : isLong ? 6 + heard.readUInt32BE(2) : 2 + heard[1];
        if (size === 0 || heard.length < size) return said;
        const at = isLong ? 6 : 2;
        const [id, operation] = [heard[at + 2], heard[at + 3]];
        heard = heard.subarray(size);
        if (behaviour === "endless line")
          return flood(said + bytes(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff), "x");
        if (operation === 0x60) said += ldapMessage(id, ldapResult(0x61));
        if (operation === 0x63) {
          if (behaviour === "endless body") return flood(said, ldapEntry(id, name));
          said += ldapEntry(id, name) + ldapMessage(id, ldapResult(0x65));
        }
      }
    },
  };
}

// ---- MySQL: protocol 41, mysql_native_password, no TLS ----

const mysqlPacket = (sequence, body) =>
  bytes(body.length & 255, (body.length >> 8) & 255, (body.length >> 16) & 255, sequence & 255) +
  body;
const counted1 = (text) => bytes(text.length) + text;
const mysqlGreeting = (version) =>
  mysqlPacket(
    0,
    `\n${version}\0${bytes(1, 0, 0, 0)}12345678\0${bytes(0x0b, 0xa2, 0x21, 2, 0, 0x08, 0, 21)}` +
      `${"\0".repeat(10)}123456789012\0mysql_native_password\0`,
  );
const mysqlOk = bytes(0, 0, 0, 2, 0, 0, 0);
const mysqlEnd = bytes(0xfe, 0, 0, 2, 0);
const mysqlColumn =
  counted1("def") +
  counted1("") +
  counted1("") +
  counted1("") +
  counted1("a") +
  counted1("a") +
  bytes(0x0c, 33, 0, 9, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0);

function mysql(behaviour) {
  if (behaviour === "endless line")
    return { greeting: flood(bytes(0xff, 0xff, 0xff, 0, 0x0a), "x"), hear() {} };
  const row = counted1(wordsFor(behaviour, "1"));
  const result = [bytes(1), mysqlColumn, mysqlEnd, row, mysqlEnd];
  const whole = result.map((packet, index) => mysqlPacket(index + 1, packet)).join("");
  const greeting = mysqlGreeting(wordsFor(behaviour, "8.0.0").replaceAll("\0", ""));
  let heard = Buffer.alloc(0);
  let isLoggedIn = false;
  return {
    greeting,
    upfront: greeting + mysqlPacket(2, mysqlOk) + mysqlPacket(1, mysqlOk) + whole,
    hear(text) {
      heard = Buffer.concat([heard, Buffer.from(text, "latin1")]);
      let said = "";
      for (;;) {
        const size = heard.length < 4 ? Number.POSITIVE_INFINITY : 4 + heard.readUIntLE(0, 3);
        if (heard.length < size) return said;
        const command = heard[4];
        const isSetting = heard.toString("latin1", 5, 8).toUpperCase() === "SET";
        heard = heard.subarray(size);
        if (!isLoggedIn) {
          isLoggedIn = true;
          said += mysqlPacket(2, mysqlOk);
        } else if (isSetting) {
          said += mysqlPacket(1, mysqlOk);
        } else if (command === 3) {
          if (behaviour === "endless headers") {
            const columns = mysqlPacket(1, bytes(0xfc, 0xff, 0xff));
            const filler = counted((index) => mysqlPacket(index + 2, mysqlColumn));
            return { head: said + columns, filler };
          }
          if (behaviour === "endless body") {
            const head = result.slice(0, 3).map((packet, index) => mysqlPacket(index + 1, packet));
            const filler = counted((index) => mysqlPacket(index + 4, row));
            return { head: said + head.join(""), filler };
          }
          said += whole;
        }
      }
    },
  };
}

// ---- PostgreSQL: protocol 3, trust, no TLS ----

const int16 = (number) => bytes(number >> 8, number & 255);
const int32 = (number) => int16(number >>> 16) + int16(number & 0xffff);
const pgMessage = (kind, body) => kind + int32(body.length + 4) + body;

function pgsql(behaviour) {
  const value = wordsFor(behaviour, "1");
  const ready = pgMessage("Z", "I");
  const welcome = pgMessage("R", int32(0)) + ready;
  const row = pgMessage("D", int16(1) + int32(value.length) + value);
  const column = pgMessage(
    "T",
    `${int16(1)}a\0${int32(0)}${int16(0)}${int32(25)}${int16(-1 & 0xffff)}${int32(-1)}${int16(0)}`,
  );
  const result = `${column}${row}${pgMessage("C", "SELECT 1\0")}${ready}`;
  const answers = {
    "endless line": () => flood(`E${int32(0x3fffffff)}`, "x"),
    "endless headers": () => flood("", pgMessage("S", "application_name\0x\0")),
    "endless body": () => flood(column, row),
  };
  let heard = Buffer.alloc(0);
  let isStarted = false;
  return {
    greeting: "",
    upfront: `N${welcome}${result}`,
    hear(text) {
      heard = Buffer.concat([heard, Buffer.from(text, "latin1")]);
      let said = "";
      for (;;) {
        // The first messages have no kind, only a length.
        const at = isStarted ? 1 : 0;
        if (heard.length < at + 4) return said;
        const size = at + heard.readUInt32BE(at);
        if (heard.length < size) return said;
        const message = heard.subarray(0, size);
        heard = heard.subarray(size);
        if (isStarted) {
          if (message[0] !== 0x51) continue;
          const reply = answers[behaviour]?.() ?? result;
          if (typeof reply !== "string") return { ...reply, head: said + reply.head };
          said += reply;
        } else if (message.readUInt32BE(4) === 80877103) said += "N";
        else {
          isStarted = true;
          said += welcome;
        }
      }
    },
  };
}

// ---- DNS and RADIUS: one message, one answer ----

function dnsAnswer(behaviour, query) {
  const id = query.slice(0, 2);
  const question = query.slice(12);
  const isAddress = query.charCodeAt(query.length - 3) === 1;
  // One A record, its name by a pointer to the question.
  const record = bytes(0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1);
  const answers = isAddress ? record : "";
  const tail = { "non-UTF-8": "\xff\xfe", "NUL bytes": "\0\0" }[behaviour] ?? "";
  return id + bytes(0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0) + question + answers + tail;
}

function dns(behaviour) {
  let heard = "";
  return {
    greeting: "",
    hear(text) {
      heard += text;
      const size = heard.length < 2 ? 0 : 2 + heard.charCodeAt(0) * 256 + heard.charCodeAt(1);
      if (size === 0 || heard.length < size) return undefined;
      const query = heard.slice(2, size);
      heard = heard.slice(size);
      if (behaviour === "endless line") return flood(bytes(0xff, 0xff), "x");
      const answer = dnsAnswer(behaviour, query);
      const prefix = int16(answer.length);
      return behaviour === "endless body" ? flood("", prefix + answer) : prefix + answer;
    },
  };
}

function radiusAnswer(behaviour, request) {
  const words = { "non-UTF-8": "\xff\xfe hello", "NUL bytes": "hel\0lo" }[behaviour] ?? "hello";
  const attributes = bytes(18, words.length + 2) + words;
  const head = bytes(2, request.charCodeAt(1)) + int16(20 + attributes.length);
  const signed = createHash("md5")
    .update(Buffer.from(`${head}${request.slice(4, 20)}${attributes}secret`, "latin1"))
    .digest("latin1");
  return head + signed + attributes;
}

/** The refusal of an Oracle listener: type 4, and why. */
function oracle(behaviour) {
  if (behaviour === "endless line") return once("", () => flood(`\xff\xff\0\0${bytes(2)}`, "x"));
  const reason = wordsFor(behaviour, "(DESCRIPTION=(ERR=12514)(VSNNUM=301989888))");
  const body = bytes(4, 0) + int16(reason.length) + reason;
  return once("(", () => `${int16(8 + body.length)}${int16(0)}${bytes(4, 0)}${int16(0)}${body}`);
}

/** What test/unit/checks' own program for `external` waits for. */
const external = (behaviour) =>
  behaviour === "endless line"
    ? { greeting: flood("O", "x"), hear() {} }
    : byLine(`OK ${wordsFor(behaviour, "ready")}\r\n`, () => {});

export const conversations = {
  http,
  smtp,
  nntp,
  pop,
  redis,
  imap,
  ftp,
  simpletcp,
  sip,
  ldap,
  mysql,
  pgsql,
  dns,
  oracle,
  external,
};

/** How many times each speaks until all is said that makes a server up; what comes then is courtesy. */
export const turns = {
  http: 1,
  smtp: 2,
  nntp: 1,
  pop: 4,
  redis: 2,
  imap: 2,
  ftp: 7,
  simpletcp: 1,
  sip: 1,
  ldap: 2,
  mysql: 4,
  pgsql: 3,
  oracle: 1,
  dns: 1,
  external: 1,
};

/** By datagram: what each is answered with. */
export const datagrams = {
  dns: dnsAnswer,
  radius: radiusAnswer,
  sip: (behaviour, request) => sip(behaviour).hear(request),
  simpletcp: (behaviour, request) => simpletcp(behaviour).hear(request),
};
