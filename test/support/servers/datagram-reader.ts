import { LibcError } from "../../../src/native/errno.ts";
import { loadLibc } from "../../../src/native/libc.ts";
import {
  AF_UNIX,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  sockaddrUnix,
} from "../../../src/native/sockaddr.ts";

/** The far end of a Unix datagram socket: the kernel's own, read only when told to. */
export function datagramReader(path: string) {
  const libc = loadLibc();
  if (libc === undefined) throw new Error("koffi does not load here");
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  libc.bind(fd, sockaddrUnix(path));
  let isOpen = true;
  const close = (): void => {
    if (isOpen) libc.close(fd);
    isOpen = false;
  };
  /** Everything that waits to be read. */
  const drain = (): string[] => {
    const texts: string[] = [];
    const buffer = Buffer.alloc(65_536);
    for (;;) {
      try {
        texts.push(buffer.toString("utf8", 0, libc.recv(fd, buffer, 0)));
      } catch (error) {
        if (error instanceof LibcError && error.code === "EAGAIN") return texts;
        throw error;
      }
    }
  };
  return { drain, close };
}
