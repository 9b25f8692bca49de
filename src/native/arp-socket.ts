import { arpClaim, arpProbe } from "./arp-message.ts";
import { LibcError } from "./errno.ts";
import type { Libc } from "./libc.ts";
import {
  AF_PACKET,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrLink,
} from "./sockaddr.ts";

/** linux/if_ether.h */
const ETH_P_ARP = 0x0806;
const broadcast = Buffer.alloc(6, 0xff);
const maxMessageBytes = 64;
/** Messages read in one turn of the event loop. */
const maxReadsPerTurn = 256;

/** ARP on one link, for as long as it is open. */
export interface ArpSocket {
  /** @param address 4 bytes @throws LibcError */
  probe(address: Uint8Array): void;
  close(): void;
}

/**
 * @param onClaim somebody else on the link has said that the address is its own: 6 and 4 bytes
 * @throws LibcError EPERM without CAP_NET_RAW
 */
export function openArpSocket(
  libc: Libc,
  { index, mac }: { readonly index: number; readonly mac: Uint8Array },
  onClaim: (mac: Buffer, address: Buffer) => void,
): ArpSocket {
  // Bound before it takes any protocol: else it would hear all links first.
  const fd = libc.socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    libc.bind(fd, sockaddrLink(index, ETH_P_ARP));
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  const buffer = Buffer.alloc(maxMessageBytes);
  const watch = libc.watch(fd, () => {
    for (let reads = 0; reads < maxReadsPerTurn; reads++) {
      const length = receive(libc, fd, buffer);
      if (length === undefined) return;
      const claim = arpClaim(buffer.subarray(0, length));
      // The kernel shows us what this host sends, too.
      if (claim !== undefined && !claim.mac.equals(mac)) onClaim(claim.mac, claim.address);
    }
  });
  return {
    probe: (address) => {
      libc.sendto(
        fd,
        arpProbe(mac, address),
        MSG_DONTWAIT,
        sockaddrLink(index, ETH_P_ARP, broadcast),
      );
    },
    close: () => {
      watch.stop();
      libc.close(fd);
    },
  };
}

/** undefined: nothing is waiting, or it failed and the next one is awaited as usual. */
function receive(libc: Libc, fd: number, buffer: Buffer): number | undefined {
  try {
    return libc.recv(fd, buffer, MSG_DONTWAIT);
  } catch (error) {
    if (error instanceof LibcError) return undefined;
    throw error;
  }
}
