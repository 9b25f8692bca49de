// A RADIUS server: the login is checker, right. RFC 2865.
import { createHash } from "node:crypto";

const md5 = (...parts) => {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const userName = 1;
const userPassword = 2;
const messageAuthenticator = 80;

function attributesOf(packet) {
  const attributes = new Map();
  for (let at = 20; at < packet.length; at += packet[at + 1])
    attributes.set(packet[at], packet.subarray(at + 2, at + packet[at + 1]));
  return attributes;
}

function passwordOf(hidden, secret, authenticator) {
  let before = authenticator;
  let password = "";
  for (let at = 0; at < hidden.length; at += 16) {
    const mask = md5(secret, before);
    before = hidden.subarray(at, at + 16);
    password += before.map((byte, i) => byte ^ mask[i]).toString("latin1");
  }
  return password.replace(/\0+$/, "");
}

export function radiusReplies({ secret, wantsSignature = false }, request) {
  const attributes = attributesOf(request);
  if (wantsSignature && !attributes.has(messageAuthenticator)) return [];
  const authenticator = request.subarray(4, 20);
  const password = passwordOf(
    attributes.get(userPassword) ?? Buffer.alloc(0),
    secret,
    authenticator,
  );
  const isKnown = attributes.get(userName)?.toString() === "checker" && password === "right";
  const head = Buffer.from([isKnown ? 2 : 3, request[1], 0, 20]);
  return [Buffer.concat([head, md5(head, authenticator, secret)])];
}
