import { lchownSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { createConnection, type Server } from "node:net";
import { dirname } from "node:path";

/** sockaddr_un.sun_path: 108 bytes with the 0 at its end. */
const maxPathBytes = 107;

/** For root, and for who is in this group. */
export const controlGroup = "ldirectord";

/**
 * Listens on a Unix socket that root and `gid` may open, nobody else at any moment. A socket that a dead daemon left is
 * taken away, one that somebody listens on is not, nor a file that is no socket.
 * @throws Error with the words for it
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  gid: number | undefined,
): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new Error(`the path of a socket has no more than ${maxPathBytes} bytes`);
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  await clearAway(path);
  const listening = new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
  });
  // bind(2) makes the file with what this leaves, before listen() returns. Until its group is set it is our own group's.
  const umask = process.umask(gid === undefined ? 0o177 : 0o117);
  try {
    server.listen({ path });
  } finally {
    process.umask(umask);
  }
  await listening;
  // Of a daemon that is in the group itself it has it, and may not be given another. Else: whoever owns the folder may
  // have put a link in its place.
  if (gid !== undefined && lstatSync(path).gid !== gid) lchownSync(path, -1, gid);
}

async function clearAway(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error("there is a file that is no socket");
  if (await isListening(path)) throw new Error("another process listens on it");
  unlinkSync(path);
}

const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
