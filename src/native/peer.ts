import type { Socket } from "node:net";
import { loadLibc } from "./libc.ts";
import { readUInt32Host, SOL_SOCKET } from "./sockaddr.ts";

/** asm-generic/socket.h */
const SO_PEERCRED = 17;

/** Who is at the other end of a Unix socket, as the kernel noted it when it connected: struct ucred. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
}

/** undefined where the kernel cannot be asked: no binding to libc, or the connection is gone. */
export function peerOf(socket: Socket): Peer | undefined {
  const fd = (socket as Socket & { _handle?: { fd?: number } | null })._handle?.fd;
  const libc = loadLibc();
  if (libc === undefined || fd === undefined || fd < 0) return undefined;
  try {
    const ucred = libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, 12);
    if (ucred.length < 12) return undefined;
    return { pid: readUInt32Host(ucred, 0), uid: readUInt32Host(ucred, 4) };
  } catch {
    return undefined;
  }
}
