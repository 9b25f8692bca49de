import { createHash, randomBytes, randomInt } from "node:crypto";
import { addressToBytes, familyOf } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { DownNow } from "./lib/dialogue.ts";
import { verdictOf } from "./lib/fault.ts";
import { serverWords } from "./lib/server-words.ts";
import { againEvery, askUdp } from "./lib/udp.ts";

/** RFC 2865 §5.2 */
const maxPasswordBytes = 128;
/** A length byte, less the attribute's own two bytes. */
const maxAttributeBytes = 253;

/** RADIUS: an Access-Request for `login`; up when it is accepted by somebody who knows `secret`. RFC 2865. */
const radius: Check = {
  services: ["radius"],
  needsPort: true,
  prepare(settings) {
    const { login = "", passwd, secret, checkTimeoutMs, negotiateTimeoutMs } = settings;
    const problems: string[] = [];
    if (Buffer.byteLength(login) > maxAttributeBytes)
      problems.push(`login: is longer than ${maxAttributeBytes} bytes`);
    if (Buffer.byteLength(passwd?.reveal() ?? "") > maxPasswordBytes)
      problems.push(`passwd: is longer than ${maxPasswordBytes} bytes`);
    if (problems.length > 0) return err(problems);
    const timeoutMs = Math.min(checkTimeoutMs, negotiateTimeoutMs);
    return ok({
      timeoutMs,
      sameness: JSON.stringify([login, passwd?.reveal(), secret?.reveal()]),
      probe: async (target, signal) => {
        try {
          const encode = await encoderOf(settings);
          /** Every request so far: an answer to any of them will do. */
          const sent = new Map<number, Buffer>();
          const firstId = randomInt(256);
          return await askUdp(target, signal, {
            ask: ({ address }, attempt) => {
              const id = (firstId + attempt) % 256;
              const request = encode(id, address, attempt % 2 === 0);
              sent.set(id, request);
              return request;
            },
            read: (reply) => {
              const request = sent.get(reply[1] ?? -1);
              return request === undefined ? undefined : judge(reply, request, settings);
            },
            againEveryMs: againEvery(timeoutMs),
          });
        } catch (error) {
          if (error instanceof DownNow) return error.verdict;
          return verdictOf(error);
        }
      },
    });
  },
};
export default radius;

/** @param isSigned with a Message-Authenticator: hardened servers want one, and drop it in silence when the secret is wrong */
type Encode = (id: number, localAddress: string, isSigned: boolean) => Buffer;

async function encoderOf({ login = "", passwd, secret }: CheckSettings): Promise<Encode> {
  const { default: library } = await import("radius");
  return (id, localAddress, isSigned) =>
    library.encode({
      code: "Access-Request",
      identifier: id,
      authenticator: randomBytes(16),
      secret: secret?.reveal() ?? "",
      attributes: [
        ["User-Name", login],
        // An empty one is a block of zeros too, which the library would leave out.
        ["User-Password", passwd?.reveal() || "\0"],
        familyOf(localAddress) === 4
          ? ["NAS-IP-Address", localAddress]
          : ["NAS-IPv6-Address", addressToBytes(localAddress)],
      ],
      add_message_authenticator: isSigned,
    });
}

const accept = 2;
const reject = 3;
const challenge = 11;
const headerBytes = 20;

/** The reply's authenticator is an MD5 over it, the request's authenticator and the secret. RFC 2865 §3. */
function judge(reply: Buffer, request: Buffer, { passwd, secret }: CheckSettings): Verdict {
  const length = reply.length < headerBytes ? 0 : reply.readUInt16BE(2);
  if (length < headerBytes || length > reply.length) return down("protocol", "no RADIUS packet");
  const packet = reply.subarray(0, length);
  const expected = createHash("md5")
    .update(packet.subarray(0, 4))
    .update(request.subarray(4, headerBytes))
    .update(packet.subarray(headerBytes))
    .update(secret?.reveal() ?? "")
    .digest();
  if (!expected.equals(packet.subarray(4, headerBytes)))
    return down(
      "auth",
      "the reply is not signed with our secret: compare secret= with the server's",
    );
  const said = replyMessage(packet);
  const words = said === "" ? "" : `: ${serverWords(said, passwd)}`;
  const code = packet[0];
  if (code === accept) return up(`Access-Accept${words}`);
  if (code === reject) return down("auth", `Access-Reject${words}`);
  if (code === challenge)
    return down("auth", `Access-Challenge${words}: the login wants more than a password`);
  return down("protocol", `RADIUS code ${code} in answer to an Access-Request`);
}

const replyMessageType = 18;

/** The text that a server may send for the user; "" when there is none, or it is garbled. RFC 2865 §5.18. */
function replyMessage(packet: Buffer): string {
  for (let at = headerBytes; at + 2 <= packet.length; ) {
    const length = packet[at + 1] ?? 0;
    if (length < 2 || at + length > packet.length) return "";
    if (packet[at] === replyMessageType) return packet.toString("latin1", at + 2, at + length);
    at += length;
  }
  return "";
}
