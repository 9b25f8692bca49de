/**
 * Every koffi prototype there is. Buffers only: no pointer is kept after a call, no callback enters
 * JavaScript from C except the one of `watch`, and each length given to C is the buffer's own.
 * All calls are synchronous, so the sockets made here are non-blocking ones.
 */
import { createRequire } from "node:module";
import { LibcError } from "./errno.ts";
import { readUInt32Host, writeUInt32Host } from "./sockaddr.ts";

/** Each call throws a LibcError with the errno's name as `code`. */
export interface Libc {
  /** @returns a file descriptor. OR SOCK_NONBLOCK and SOCK_CLOEXEC to `type`. */
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, sockaddr: Buffer): void;
  connect(fd: number, sockaddr: Buffer): void;
  /** @returns bytes taken; a datagram is taken whole or not at all */
  send(fd: number, data: Buffer, flags: number): number;
  sendto(fd: number, data: Buffer, flags: number, sockaddr: Buffer): number;
  /** @returns bytes written to `buffer`; with MSG_TRUNC the datagram's full length, which may be more */
  recv(fd: number, buffer: Buffer, flags: number): number;
  recvfrom(fd: number, buffer: Buffer, flags: number): { length: number; from: Buffer };
  setsockopt(fd: number, level: number, name: number, value: Buffer): void;
  /** @param maxBytes room for the value @returns the value, cut to its length */
  getsockopt(fd: number, level: number, name: number, maxBytes: number): Buffer;
  close(fd: number): void;
  /** _exit(2): ends the process at once; nothing is flushed, no exit handler runs, no thread is waited for. */
  exit(code: number): void;
  /** Calls `onReadable` from the event loop whenever `fd` has something to read. Stop it before the fd is closed. */
  watch(fd: number, onReadable: () => void): FdWatch;
}

interface FdWatch {
  stop(): void;
  /** Lets the process end while this is the only thing left. */
  unref(): void;
}

/** Room for any struct sockaddr: sizeof(struct sockaddr_storage). */
const maxSockaddrBytes = 128;

type Koffi = typeof import("koffi");

let loaded: Libc | undefined;
let problem: Error | undefined;

/** The C library; undefined where the binding cannot be loaded, and `libcProblem()` says why. Loads once. */
export function loadLibc(): Libc | undefined {
  if (loaded === undefined && problem === undefined) {
    try {
      const koffi = createRequire(import.meta.url)("koffi") as Koffi;
      loaded = bindLibc(koffi);
    } catch (cause) {
      problem = new Error("the C library cannot be called from this platform", { cause });
    }
  }
  return loaded;
}

/** Why `loadLibc` gave nothing: its `cause` is what koffi threw. */
export const libcProblem = (): Error | undefined => problem;

function bindLibc(koffi: Koffi): Libc {
  const lib = koffi.load(null);
  // koffi knows no ssize_t, size_t here is a Node number: intptr_t is the former's width.
  const c = {
    socket: lib.func("int socket(int domain, int type, int protocol)"),
    bind: lib.func("int bind(int fd, const void *addr, uint32_t length)"),
    connect: lib.func("int connect(int fd, const void *addr, uint32_t length)"),
    send: lib.func("intptr_t send(int fd, const void *data, size_t length, int flags)"),
    sendto: lib.func(
      "intptr_t sendto(int fd, const void *data, size_t length, int flags, const void *addr, uint32_t addrLength)",
    ),
    recv: lib.func("intptr_t recv(int fd, void *data, size_t length, int flags)"),
    recvfrom: lib.func(
      "intptr_t recvfrom(int fd, void *data, size_t length, int flags, void *addr, void *addrLength)",
    ),
    setsockopt: lib.func(
      "int setsockopt(int fd, int level, int name, const void *value, uint32_t length)",
    ),
    getsockopt: lib.func("int getsockopt(int fd, int level, int name, void *value, void *length)"),
    close: lib.func("int close(int fd)"),
    exit: lib.func("void _exit(int code)"),
  };

  /** @throws LibcError when C said -1. Must be the first thing after the call: errno does not last. */
  const checked = (syscall: string, result: number | bigint): number => {
    if (result < 0) throw new LibcError(syscall, koffi.errno());
    return Number(result);
  };

  return {
    socket: (domain, type, protocol) => checked("socket", c.socket(domain, type, protocol)),
    bind: (fd, sockaddr) => {
      checked("bind", c.bind(fd, sockaddr, sockaddr.length));
    },
    connect: (fd, sockaddr) => {
      checked("connect", c.connect(fd, sockaddr, sockaddr.length));
    },
    send: (fd, data, flags) => checked("send", c.send(fd, data, data.length, flags)),
    sendto: (fd, data, flags, sockaddr) =>
      checked("sendto", c.sendto(fd, data, data.length, flags, sockaddr, sockaddr.length)),
    recv: (fd, buffer, flags) => checked("recv", c.recv(fd, buffer, buffer.length, flags)),
    recvfrom: (fd, buffer, flags) => {
      const address = Buffer.alloc(maxSockaddrBytes);
      const addressLength = Buffer.alloc(4);
      writeUInt32Host(addressLength, address.length, 0);
      const length = checked(
        "recvfrom",
        c.recvfrom(fd, buffer, buffer.length, flags, address, addressLength),
      );
      return { length, from: address.subarray(0, readUInt32Host(addressLength, 0)) };
    },
    setsockopt: (fd, level, name, value) => {
      checked("setsockopt", c.setsockopt(fd, level, name, value, value.length));
    },
    getsockopt: (fd, level, name, maxBytes) => {
      const value = Buffer.alloc(maxBytes);
      const length = Buffer.alloc(4);
      writeUInt32Host(length, maxBytes, 0);
      checked("getsockopt", c.getsockopt(fd, level, name, value, length));
      return value.subarray(0, readUInt32Host(length, 0));
    },
    close: (fd) => {
      checked("close", c.close(fd));
    },
    exit: (code) => {
      c.exit(code);
    },
    watch: (fd, onReadable) => {
      let immediate: NodeJS.Immediate | undefined;
      // Inside koffi's callback nothing else may run. The immediate comes before the next poll, so
      // what it reads is not announced twice.
      const poll = koffi.node.poll(fd, { readable: true }, () => {
        immediate ??= setImmediate(() => {
          immediate = undefined;
          onReadable();
        });
      });
      return {
        stop: () => {
          if (immediate !== undefined) clearImmediate(immediate);
          poll.close();
        },
        unref: () => poll.unref(),
      };
    },
  };
}
