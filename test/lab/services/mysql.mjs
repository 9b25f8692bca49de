// As much of a MySQL server as one query needs. The login is checker, right; the database site.
import { createHash } from "node:crypto";

const sha1 = (...parts) => {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const salt = Buffer.from("abcdefghijklmnopqrst");

/** mysql_native_password */
function tokenOf(password) {
  const once = sha1(password);
  const mask = sha1(salt, sha1(once));
  return once.map((byte, i) => byte ^ mask[i]);
}

const word = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const eof = Buffer.from([0xfe, 0, 0, 2, 0]);
const refusal = (number, state, message) =>
  Buffer.concat([
    Buffer.from([0xff, number & 0xff, number >> 8]),
    Buffer.from(`#${state}${message}`),
  ]);

const abilities = {
  // long password, found rows, long flag, connect with database, protocol 41, transactions, secure connection
  low: 0x0001 | 0x0002 | 0x0004 | 0x0008 | 0x0200 | 0x2000 | 0x8000,
  // authentication by plugin
  high: 0x0008,
};
const greeting = Buffer.concat([
  Buffer.from("\x0a8.0.0-lab\0\x01\0\0\0"),
  salt.subarray(0, 8),
  Buffer.from([0, abilities.low & 0xff, abilities.low >> 8, 33, 2, 0, abilities.high, 0, 21]),
  Buffer.alloc(10),
  salt.subarray(8),
  Buffer.from("\0mysql_native_password\0"),
]);

function logIn(packet) {
  const hasDatabase = (packet.readUInt32LE(0) & 0x0008) !== 0;
  const userEnd = packet.indexOf(0, 32);
  const user = packet.toString("latin1", 32, userEnd);
  const tokenEnd = userEnd + 2 + packet[userEnd + 1];
  const token = packet.subarray(userEnd + 2, tokenEnd);
  const database = packet.toString("latin1", tokenEnd, packet.indexOf(0, tokenEnd));
  if (user !== "checker" || !token.equals(tokenOf("right")))
    return refusal(1045, "28000", `Access denied for user '${user}'`);
  if (hasDatabase && database !== "site" && database !== "")
    return refusal(1049, "42000", `Unknown database '${database}'`);
  return ok;
}

const column = Buffer.concat([
  ...["def", "", "", "", "1", ""].map(word),
  Buffer.from([0x0c, 33, 0, 1, 0, 0, 0, 0xfd, 0, 0, 0, 0, 0]),
]);

function answersTo(packet) {
  const command = packet[0];
  if (command === 1) return undefined;
  const query = packet.toString("latin1", 1);
  if (command !== 3 || !/^select/i.test(query)) return [ok];
  if (query.includes("missing")) return [refusal(1146, "42S02", "Table 'missing' doesn't exist")];
  const rows = query === "SELECT 1" ? [word("1")] : [];
  return [Buffer.from([1]), column, eof, ...rows, eof];
}

export function serveMysql(socket, { isFull = false }) {
  const send = (packets, first) => {
    for (const [i, packet] of packets.entries()) {
      const head = Buffer.alloc(4);
      head.writeUIntLE(packet.length, 0, 3);
      head[3] = first + i;
      socket.write(Buffer.concat([head, packet]));
    }
  };
  if (isFull) {
    send([refusal(1040, "08004", "Too many connections")], 0);
    socket.end();
    return;
  }
  send([greeting], 0);
  let isLoggedIn = false;
  let pending = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
      const length = pending.readUIntLE(0, 3);
      const packet = pending.subarray(4, 4 + length);
      const sequence = pending[3];
      pending = pending.subarray(4 + length);
      const answers = isLoggedIn ? answersTo(packet) : [logIn(packet)];
      if (answers === undefined) socket.end();
      else send(answers, sequence + 1);
      if (answers?.[0]?.[0] === 0xff && !isLoggedIn) socket.end();
      isLoggedIn = true;
    }
  });
}
