import { LibcError } from "../../../src/native/errno.ts";
import type { Libc } from "../../../src/native/libc.ts";
import {
  decodeMessages,
  encodeMessage,
  type Message,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../../../src/netlink/message.ts";

const EAGAIN = 11;

export interface KernelLibc extends Libc {
  readonly openFds: ReadonlySet<number>;
}

/**
 * A libc with a kernel behind it that is a function: an errno, or the payloads of its answer.
 * `undefined`: no answer at all.
 */
export function kernelLibc(
  reply: (request: Message) => number | readonly Buffer[] | undefined,
): KernelLibc {
  const queue: Buffer[] = [];
  const openFds = new Set<number>();
  const answer = (request: Message): void => {
    const { type, sequence } = request;
    const says = reply(request);
    if (says === undefined) return;
    const isDump = (request.flags & NLM_F_DUMP) === NLM_F_DUMP;
    const errno = typeof says === "number" ? says : 0;
    for (const payload of typeof says === "number" ? [] : says) {
      queue.push(encodeMessage({ type, flags: isDump ? 2 : 0, sequence, payload }));
    }
    if (errno === 0 && !isDump && (request.flags & NLM_F_ACK) === 0) return;
    const payload = Buffer.alloc(4);
    payload.writeInt32LE(-errno);
    const end = errno === 0 && isDump ? NLMSG_DONE : NLMSG_ERROR;
    queue.push(encodeMessage({ type: end, flags: 0, sequence, payload }));
  };
  return {
    openFds,
    socket: () => {
      openFds.add(7);
      return 7;
    },
    bind: () => {},
    connect: () => {},
    setsockopt: () => {},
    attachFilter: () => {},
    getsockopt: () => Buffer.alloc(4),
    send: (_fd, data) => {
      for (const request of decodeMessages(data)) answer(request);
      return data.length;
    },
    recv: (_fd, buffer) => {
      const next = queue.shift();
      if (next === undefined) throw new LibcError("recv", EAGAIN);
      return next.copy(buffer);
    },
    sendto: () => 0,
    close: (fd) => {
      openFds.delete(fd);
    },
    watch: () => ({ stop: () => {}, unref: () => {} }),
    exit: () => {},
    prctl: () => 0,
    adjtimex: () => 0,
    capget: () => {},
    dup2: () => {},
    capset: () => {},
  };
}
