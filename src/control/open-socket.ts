import { chmodSync, chownSync, existsSync, lstatSync, unlinkSync } from "node:fs";
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
  // libuv would say "permission denied" of it.
  if (!existsSync(dirname(path))) throw new Error(`there is no folder ${dirname(path)}`);
  await clearAway(path);
  const listening = new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
  });
  // bind(2) makes the file with what this leaves, before listen() returns.
  const umask = process.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    process.umask(umask);
  }
  await listening;
  if (gid === undefined) return;
  chownSync(path, -1, gid);
  chmodSync(path, 0o660);
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
