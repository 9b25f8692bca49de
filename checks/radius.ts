import { createHash, randomBytes, randomInt } from "node:crypto";
import { addressToBytes, familyOf } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import { type Check, type CheckSettings, down, up, type Verdict } from "./check.ts";
import { verdictFrom } from "./lib/fault.ts";
import { masked } from "./lib/mask.ts";
import { serverWords } from "./lib/server-words.ts";
import { againEvery, askUdp, lateIn } from "./lib/udp.ts";

/** RFC 2865 §5.2 */
const maxPasswordBytes = 128;
/** A length byte, less the attribute's own two bytes. */
const maxAttributeBytes = 253;

/** RADIUS: an Access-Request for `login`; up when it is accepted by somebody who knows `secret`. RFC 2865. */
const radius: Check = {
  services: [{ name: "radius", port: 1812, goesWithUdp: true }],
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
    return ok(
      masked(settings, {
        timeoutMs,
        probeKey: JSON.stringify([login, passwd?.reveal(), secret?.reveal()]),
        probe: (target, signal) =>
          verdictFrom(signal, async () => {
            const encode = await encoderOf(settings);
            /** Every request so far: an answer to any of them will do. */
            const sent = new Map<number, Buffer>();
            const firstId = randomInt(256);
            let isBadlySigned = false;
            return await askUdp(target, signal, {
              ask: ({ address }, attempt) => {
                const id = (firstId + attempt) % 256;
                const request = encode(id, address, attempt % 2 === 0);
                sent.set(id, request);
                return request;
              },
              read: (reply) => {
                const request = sent.get(reply[1] ?? -1);
                if (request === undefined) return undefined;
                const packet = packetIn(reply);
                if (packet === undefined) return undefined;
                if (isSigned(packet, request, settings)) return judge(packet, settings);
                isBadlySigned = true;
                return undefined;
              },
              againEveryMs: againEvery(timeoutMs),
              giveUp: {
                afterMs: lateIn(timeoutMs),
                say: () => (isBadlySigned ? badlySigned : undefined),
              },
            });
          }),
      }),
    );
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

/** RFC 2865 §3 */
const maxPacketBytes = 4096;

/** Without the padding that may follow it; undefined when there is none. */
function packetIn(datagram: Buffer): Buffer | undefined {
  const length = datagram.length < headerBytes ? 0 : datagram.readUInt16BE(2);
  if (length < headerBytes || length > Math.min(datagram.length, maxPacketBytes)) return undefined;
  return datagram.subarray(0, length);
}

/** The reply's authenticator is an MD5 over it, the request's authenticator and the secret. RFC 2865 §3. */
const isSigned = (packet: Buffer, request: Buffer, { secret }: CheckSettings): boolean =>
  createHash("md5")
    .update(packet.subarray(0, 4))
    .update(request.subarray(4, headerBytes))
    .update(packet.subarray(headerBytes))
    .update(secret?.reveal() ?? "")
    .digest()
    .equals(packet.subarray(4, headerBytes));

/** Said when nothing better came: one such reply may be forged. */
const badlySigned = down(
  "auth",
  "the reply is not signed with our secret: compare secret= with the server's",
);

function judge(packet: Buffer, { passwd }: CheckSettings): Verdict {
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
