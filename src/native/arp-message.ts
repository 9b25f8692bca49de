/**
 * ARP for IPv4 on Ethernet, without the frame.
 *   offset  size  field
 *        0     2  hardware: 1, Ethernet
 *        2     2  protocol: 0x0800, IPv4
 *        4     2  lengths of their addresses: 6, 4
 *        6     2  operation: 1 asks, 2 answers
 *        8    10  the sender's addresses
 *       18    10  the target's
 * @see RFC 826
 */
const bytes = 28;
const ethernetForIpv4 = Buffer.from("000108000604", "hex");
const operationAt = 6;
const senderMacAt = 8;
const senderAddressAt = 14;
const targetAddressAt = 24;
const request = 1;

/** Asks who has the address, and says of nobody that he asks: no cache learns anything of it. RFC 5227 §2.1.1. */
export function arpProbe(ownMac: Uint8Array, address: Uint8Array): Buffer {
  const message = Buffer.alloc(bytes);
  ethernetForIpv4.copy(message);
  message.writeUInt16BE(request, operationAt);
  message.set(ownMac, senderMacAt);
  message.set(address, targetAddressAt);
  return message;
}

/** Whoever sends this says that the address is its own: an answer, or a question in its name. Undefined: it does not. */
export function arpClaim(
  message: Buffer,
): { readonly mac: Buffer; readonly address: Buffer } | undefined {
  if (message.length < bytes || !message.subarray(0, 6).equals(ethernetForIpv4)) return undefined;
  const address = message.subarray(senderAddressAt, senderAddressAt + 4);
  if (address.readUInt32BE(0) === 0) return undefined;
  return { mac: message.subarray(senderMacAt, senderMacAt + 6), address };
}
