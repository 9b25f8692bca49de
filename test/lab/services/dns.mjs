// A name server that knows a zone: questions such as "www.lab.example A", each with { code, records }.
import { isIP } from "node:net";

const types = { A: 1, NS: 2, CNAME: 5, PTR: 12, AAAA: 28 };

function nameBytes(name) {
  const labels = name.split(".").filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1")),
    Buffer.from([0]),
  ]);
}

function addressBytes(address) {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head, tail = ""] = address.split("::");
  const groups = (text) => text.split(":").filter((group) => group !== "");
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array(8 - before.length - after.length).fill("0");
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function questionOf(query) {
  const labels = [];
  let at = 12;
  for (; query[at] > 0; at += 1 + query[at])
    labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
  const number = query.readUInt16BE(at + 1);
  const type = Object.keys(types).find((name) => types[name] === number) ?? number;
  return { name: labels.join("."), type, end: at + 5 };
}

/** The records all belong to the name asked for, but those after an alias: they belong to what it names. */
export function dnsReply({ zone }, query) {
  const { name, type, end } = questionOf(query);
  const { code = 0, records = [] } = zone[`${name} ${type}`] ?? { code: 3 };
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  let owner = name;
  const answers = records.map(([recordType, value]) => {
    const data = isIP(value) === 0 ? nameBytes(value) : addressBytes(value);
    const rest = Buffer.alloc(10);
    rest.writeUInt16BE(types[recordType], 0);
    rest.writeUInt16BE(1, 2);
    rest.writeUInt32BE(60, 4);
    rest.writeUInt16BE(data.length, 8);
    const record = Buffer.concat([nameBytes(owner), rest, data]);
    if (recordType === "CNAME") owner = value;
    return record;
  });
  return Buffer.concat([header, query.subarray(12, end), ...answers]);
}

export function serveDns(socket, script) {
  let pending = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length > 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0);
      const reply = dnsReply(script, pending.subarray(2, 2 + length));
      pending = pending.subarray(2 + length);
      socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]));
    }
  });
}
