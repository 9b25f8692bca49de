// A directory with the entries dc=lab and the root. The login is cn=checker,dc=lab, right, or none.
const success = 0;
const noSuchObject = 32;
const invalidCredentials = 49;

const field = (tag, ...parts) => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  if (content.length > 127) throw new Error("a length of one byte only");
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const text = (value) => field(0x04, value);
const result = (tag, code) => field(tag, field(0x0a, [code]), text(""), text(""));

/** @returns tag, content and what follows, or undefined when it is not all there */
function take(bytes) {
  if (bytes.length < 2) return undefined;
  const lengthBytes = bytes[1] < 0x80 ? 0 : bytes[1] - 0x80;
  if (bytes.length < 2 + lengthBytes) return undefined;
  const length = lengthBytes === 0 ? bytes[1] : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) return undefined;
  return {
    tag: bytes[0],
    content: bytes.subarray(start, start + length),
    rest: bytes.subarray(start + length),
  };
}

function answersTo(operation) {
  if (operation.tag === 0x60) {
    const name = take(take(operation.content).rest);
    const password = take(name.rest).content.toString();
    const isKnown = name.content.toString() === "cn=checker,dc=lab" && password === "right";
    const isAnonymous = name.content.length === 0 && password === "";
    return [result(0x61, isKnown || isAnonymous ? success : invalidCredentials)];
  }
  if (operation.tag !== 0x63) return [];
  const base = take(operation.content).content.toString();
  if (base !== "" && base !== "dc=lab") return [result(0x65, noSuchObject)];
  return [field(0x64, text(base), field(0x30)), result(0x65, success)];
}

export function serveLdap(socket) {
  let pending = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    // Not LDAP: a TLS client on the wrong port.
    if (pending[0] !== 0x30) return socket.destroy();
    for (let message = take(pending); message; message = take(pending)) {
      pending = message.rest;
      const id = take(message.content);
      for (const answer of answersTo(take(id.rest)))
        socket.write(field(0x30, field(0x02, id.content), answer));
    }
  });
}
