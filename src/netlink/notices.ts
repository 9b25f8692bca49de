import { LibcError } from "../native/errno.ts";
import type { Libc } from "../native/libc.ts";
import {
  AF_NETLINK,
  MSG_TRUNC,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  sockaddrNetlink,
} from "../native/sockaddr.ts";

/** Of one turn of the event loop: what is left is announced again. */
const readsATurn = 64;

/**
 * What the kernel tells everybody who listens. Only that it told something is of interest, not what: a message may be lost
 * (ENOBUFS, which is word, too), so whoever hears asks anew.
 */
export class Notices {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #watch: ReturnType<Libc["watch"]>;
  /** Of a message nothing is read but that it is there. */
  readonly #buffer = Buffer.allocUnsafeSlow(16);

  /** @param groups linux/netlink.h nl_groups: a bit each. @throws LibcError */
  constructor(libc: Libc, protocol: number, groups: number, onNotice: () => void) {
    this.#libc = libc;
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    try {
      libc.bind(this.#fd, sockaddrNetlink(0, groups));
      this.#watch = libc.watch(this.#fd, () => {
        this.#empty();
        onNotice();
      });
      this.#watch.unref();
    } catch (error) {
      libc.close(this.#fd);
      throw error;
    }
  }

  close(): void {
    this.#watch.stop();
    this.#libc.close(this.#fd);
  }

  #empty(): void {
    for (let reads = 0; reads < readsATurn; reads++) {
      try {
        this.#libc.recv(this.#fd, this.#buffer, MSG_TRUNC);
      } catch (error) {
        if (!(error instanceof LibcError)) throw error;
        if (error.code !== "ENOBUFS") return; // EAGAIN: that was all
      }
    }
  }
}
