/**
 * Every koffi prototype there is. Buffers and one struct: no pointer is kept after a call, no callback enters
 * JavaScript from C except the one of `watch`, and each length given to C is the buffer's own.
 * All calls are synchronous, so the sockets made here are non-blocking ones.
 */
import { createRequire } from "node:module";
import { LibcError } from "./errno.ts";
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  readInt32Host,
  readUInt32Host,
  SHUT_WR,
  SO_ATTACH_FILTER,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOL_SOCKET,
  writeUInt32Host,
} from "./sockaddr.ts";
import { type FdWatch, watchDescriptor } from "./watch.ts";

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
  setsockopt(fd: number, level: number, name: number, value: Buffer): void;
  /** SO_ATTACH_FILTER: the kernel queues only what the program takes. */
  attachFilter(fd: number, program: readonly FilterStep[]): void;
  /** @param maxBytes room for the value @returns the value, cut to its length */
  getsockopt(fd: number, level: number, name: number, maxBytes: number): Buffer;
  close(fd: number): void;
  /** dup2(2): from now on `to` is what `fd` is. */
  dup2(fd: number, to: number): void;
  /** prctl(2). @returns what it is defined to return, 0 or more */
  prctl(option: number, first: number, second: number): number;
  /** capget(2), capset(2), of this thread. @param data struct __user_cap_data_struct[2], filled by `capget` */
  capget(data: Buffer): void;
  capset(data: Buffer): void;
  /** adjtimex(2). @param timex struct timex, read and filled @returns the state of the clock */
  adjtimex(timex: Buffer): number;
  /** _exit(2): ends the process at once; nothing is flushed, no exit handler runs, no thread is waited for. */
  exit(code: number): void;
  /** Calls `onReadable` from the event loop whenever `fd` has something to read. Stop it before the fd is closed. */
  watch(fd: number, onReadable: () => void): FdWatch;
}

export interface LibcWithQuickCalls extends Libc {
  readonly quick: QuickCalls;
}

/**
 * What a probe calls, thousands of times a second. An error object would cost more than the call, so each returns what
 * C defines, or minus the errno.
 */
interface QuickCalls {
  /** @returns a file descriptor */
  socket(domain: number, type: number, protocol: number): number;
  connect(fd: number, sockaddr: Buffer): number;
  send(fd: number, data: Buffer): number;
  recv(fd: number, buffer: Buffer): number;
  sendto(fd: number, data: Buffer, sockaddr: Buffer): number;
  /** @param sockaddr is filled with the sender's @returns bytes written to `buffer`: a datagram that is longer is cut */
  recvfrom(fd: number, buffer: Buffer, sockaddr: Buffer): number;
  /** @param sockaddr is filled; AF_INET takes 16 bytes, AF_INET6 28 */
  getsockname(fd: number, sockaddr: Buffer): number;
  /** Closes our direction of a connection. */
  shutdown(fd: number): number;
  /** SO_ERROR: what became of a connect, 0 or minus the errno. */
  socketError(fd: number): number;
  close(fd: number): number;
  epollCreate(): number;
  /** @param op EPOLL_CTL_… @param event struct epoll_event */
  epollCtl(epoll: number, op: number, fd: number, event: Uint8Array): number;
  /** Without waiting. @param events room for `count` struct epoll_event @returns how many came */
  epollWait(epoll: number, events: Uint8Array, count: number): number;
}

/** linux/filter.h struct sock_filter. */
export interface FilterStep {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** linux/capability.h struct __user_cap_header_struct: _LINUX_CAPABILITY_VERSION_3, and 0 for this thread. */
const capabilityHeader = Buffer.alloc(8);
writeUInt32Host(capabilityHeader, 0x20080522, 0);
/** Two of effective, permitted, inheritable: bits 0 to 31, then the others. */
const capabilityDataBytes = 24;

/** Room for sys/timex.h struct timex: 208 on 64 bits. */
export const timexBytes = 208;

type Koffi = typeof import("koffi");

let loaded: LibcWithQuickCalls | undefined;
let problem: Error | undefined;

/** The C library; undefined where the binding cannot be loaded, and `libcProblem()` says why. Loads once. */
export function loadLibc(): LibcWithQuickCalls | undefined {
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

function bindLibc(koffi: Koffi): LibcWithQuickCalls {
  const lib = koffi.load(null);
  const step = koffi.struct({ code: "uint16_t", jt: "uint8_t", jf: "uint8_t", k: "uint32_t" });
  const program = koffi.struct({ len: "uint16_t", filter: koffi.pointer(step) });
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
    setFilter: lib.func("setsockopt", "int", [
      "int",
      "int",
      "int",
      koffi.pointer(program),
      "uint32_t",
    ]),
    getsockopt: lib.func("int getsockopt(int fd, int level, int name, void *value, void *length)"),
    close: lib.func("int close(int fd)"),
    dup2: lib.func("int dup2(int fd, int to)"),
    exit: lib.func("void _exit(int code)"),
    prctl: lib.func(
      "int prctl(int option, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth)",
    ),
    adjtimex: lib.func("int adjtimex(void *timex)"),
    capget: lib.func("int capget(void *header, void *data)"),
    capset: lib.func("int capset(void *header, const void *data)"),
    shutdown: lib.func("int shutdown(int fd, int how)"),
    getsockname: lib.func("int getsockname(int fd, void *addr, void *length)"),
    epollCreate: lib.func("int epoll_create1(int flags)"),
    epollCtl: lib.func("int epoll_ctl(int epoll, int op, int fd, const void *event)"),
    epollWait: lib.func("int epoll_wait(int epoll, void *events, int count, int timeout)"),
  };

  /** @throws LibcError when C said -1. Must be the first thing after the call: errno does not last. */
  const checked = (syscall: string, result: number | bigint): number => {
    if (result < 0) throw new LibcError(syscall, koffi.errno());
    return Number(result);
  };

  /** As `checked`, without an error. */
  const quick = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const word = Buffer.alloc(4);
  const wordLength = Buffer.alloc(4);

  return {
    quick: {
      socket: (domain, type, protocol) => quick(c.socket(domain, type, protocol)),
      connect: (fd, sockaddr) => quick(c.connect(fd, sockaddr, sockaddr.length)),
      send: (fd, data) => quick(Number(c.send(fd, data, data.length, MSG_NOSIGNAL))),
      recv: (fd, buffer) => quick(Number(c.recv(fd, buffer, buffer.length, 0))),
      sendto: (fd, data, sockaddr) =>
        quick(Number(c.sendto(fd, data, data.length, MSG_NOSIGNAL, sockaddr, sockaddr.length))),
      recvfrom: (fd, buffer, sockaddr) => {
        writeUInt32Host(wordLength, sockaddr.length, 0);
        return quick(
          Number(c.recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT, sockaddr, wordLength)),
        );
      },
      getsockname: (fd, sockaddr) => {
        writeUInt32Host(wordLength, sockaddr.length, 0);
        return quick(c.getsockname(fd, sockaddr, wordLength));
      },
      shutdown: (fd) => quick(c.shutdown(fd, SHUT_WR)),
      socketError: (fd) => {
        writeUInt32Host(wordLength, word.length, 0);
        const result = quick(c.getsockopt(fd, SOL_SOCKET, SO_ERROR, word, wordLength));
        return result < 0 ? result : -readInt32Host(word, 0);
      },
      close: (fd) => quick(c.close(fd)),
      epollCreate: () => quick(c.epollCreate(SOCK_CLOEXEC)),
      epollCtl: (epoll, op, fd, event) => quick(c.epollCtl(epoll, op, fd, event)),
      epollWait: (epoll, events, count) => quick(c.epollWait(epoll, events, count, 0)),
    },
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
    setsockopt: (fd, level, name, value) => {
      checked("setsockopt", c.setsockopt(fd, level, name, value, value.length));
    },
    attachFilter: (fd, steps) => {
      const value = { len: steps.length, filter: steps };
      const size = koffi.sizeof(program);
      checked("setsockopt", c.setFilter(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, size));
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
    dup2: (fd, to) => {
      checked("dup2", c.dup2(fd, to));
    },
    exit: (code) => {
      c.exit(code);
    },
    prctl: (option, first, second) => checked("prctl", c.prctl(option, first, second, 0, 0)),
    adjtimex: (timex) => {
      if (timex.length < timexBytes) throw new RangeError("adjtimex: no room");
      return checked("adjtimex", c.adjtimex(timex));
    },
    capget: (data) => {
      if (data.length < capabilityDataBytes) throw new RangeError("capget: no room");
      checked("capget", c.capget(capabilityHeader, data));
    },
    capset: (data) => {
      if (data.length < capabilityDataBytes) throw new RangeError("capset: no data");
      checked("capset", c.capset(capabilityHeader, data));
    },
    watch: (fd, onReadable) => watchDescriptor(koffi, fd, onReadable),
  };
}
