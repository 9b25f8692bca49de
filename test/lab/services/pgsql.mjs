// As much of a PostgreSQL server as one query needs. The login is checker, right; the database site.
const message = (kind, ...parts) => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(kind, "latin1");
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
};
const refusal = (severity, code, words) =>
  message("E", `S${severity}\0V${severity}\0C${code}\0M${words}\0\0`);
const ready = message("Z", "I");
const settings = {
  server_version: "15.0",
  client_encoding: "UTF8",
  server_encoding: "UTF8",
  standard_conforming_strings: "on",
  DateStyle: "ISO, MDY",
  integer_datetimes: "on",
};
const loggedIn = [
  message("R", [0, 0, 0, 0]),
  ...Object.entries(settings).map(([name, value]) => message("S", `${name}\0${value}\0`)),
  ready,
];

/** One column named "one", of type int4. */
const columns = message(
  "T",
  [0, 1],
  "one\0",
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 4, 255, 255, 255, 255, 0, 0],
);
const row = message("D", [0, 1, 0, 0, 0, 1], "1");

/** @returns rows and the command's end */
function resultOf(query) {
  if (!/^select/i.test(query)) return [message("C", `${query.split(" ")[0].toUpperCase()}\0`)];
  const rows = /^SELECT 1$/.test(query) ? [row] : [];
  return [...rows, message("C", `SELECT ${rows.length}\0`)];
}

const isMissing = (query) => query.includes("missing");
const noTable = refusal("ERROR", "42P01", 'relation "missing" does not exist');

export function servePgsql(socket, { isFull = false }) {
  let database = "";
  let user = "";
  let query = "";
  /** After a mistake everything up to the next Sync is passed over. */
  let isSkipping = false;
  const answer = (kind, content) => {
    if (isSkipping && kind !== "S") return [];
    switch (kind) {
      case "p":
        if (user !== "checker" || content.toString("latin1") !== "right\0")
          return [refusal("FATAL", "28P01", `password authentication failed for user "${user}"`)];
        if (database !== "site")
          return [refusal("FATAL", "3D000", `database "${database}" does not exist`)];
        return loggedIn;
      case "Q": {
        const asked = content.toString("latin1").replace(/\0$/, "");
        if (isMissing(asked)) return [noTable, ready];
        return [...(/^select/i.test(asked) ? [columns] : []), ...resultOf(asked), ready];
      }
      case "P":
        query = content.toString("latin1").split("\0")[1];
        isSkipping = isMissing(query);
        return [isSkipping ? noTable : message("1")];
      case "B":
        return [message("2")];
      case "C":
        return [message("3")];
      case "D":
        return content[0] === 0x53 ? [message("t", [0, 0]), columns] : [columns];
      case "E":
        return resultOf(query);
      case "S":
        isSkipping = false;
        return [ready];
      default:
        return [];
    }
  };
  let isStarted = false;
  let pending = Buffer.alloc(0);
  const start = (content) => {
    // May we use TLS, may we use GSS: neither.
    if (content.readUInt16BE(0) === 1234) return socket.write("N");
    isStarted = true;
    const words = content.toString("latin1", 4).split("\0");
    user = words[words.indexOf("user") + 1];
    database = words.includes("database") ? words[words.indexOf("database") + 1] : user;
    if (isFull) socket.end(refusal("FATAL", "53300", "sorry, too many clients already"));
    else socket.write(message("R", [0, 0, 0, 3]));
  };
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (;;) {
      const at = isStarted ? 1 : 0;
      if (pending.length < at + 4) return;
      const length = pending.readUInt32BE(at);
      if (pending.length < at + length) return;
      const kind = pending.toString("latin1", 0, at);
      const content = pending.subarray(at + 4, at + length);
      pending = pending.subarray(at + length);
      if (!isStarted) start(content);
      else if (kind === "X") socket.end();
      else {
        const answers = answer(kind, content);
        if (answers.length > 0) socket.write(Buffer.concat(answers));
        if (kind === "p" && answers !== loggedIn) socket.end();
      }
    }
  });
}
