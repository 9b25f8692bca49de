import { constants, lstatSync, openSync, type Stats, statSync } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Whether a link may be followed to a file that we write: root's, or our own, where nobody else can have put it. In
 * /tmp, or in a folder of somebody's own, a link of the log's name could lead root to any file of the machine.
 */
export function isTrustedLink(folder: Stats, link: Stats): boolean {
  if (!isOurs(folder)) return false;
  const isOpenToAll = (folder.mode & 0o002) !== 0;
  const isSticky = (folder.mode & 0o1000) !== 0;
  return !isOpenToAll || (isSticky && isOurs(link));
}

const isOurs = ({ uid }: Stats): boolean => uid === 0 || uid === process.geteuid?.();

export const untrustedLink =
  "it is a link, in a folder where others may write: it could lead to any file";

/** @throws when `path` is a link that must not be followed; not when it is none */
export function checkLink(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() && !isTrustedLink(statSync(dirname(path)), found)) throw refusal();
}

/** To append lines. O_NONBLOCK: a FIFO without a reader fails (ENXIO) where it would hold us up. No effect on a file. */
export const appending =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NONBLOCK |
  constants.O_NOCTTY;

/** open(2), and no link is followed that somebody else may have put there. */
export function openUnled(path: string, flags: number): number {
  try {
    return openSync(path, flags | constants.O_NOFOLLOW, 0o666);
  } catch (error) {
    if (!isLoop(error)) throw error;
  }
  checkLink(path);
  return openSync(path, flags, 0o666);
}

/** The same, beside everything else. */
export async function openUnledBeside(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags | constants.O_NOFOLLOW, 0o666);
  } catch (error) {
    if (!isLoop(error)) throw error;
  }
  const [folder, link] = await Promise.all([stat(dirname(path)), lstat(path)]);
  if (!isTrustedLink(folder, link)) throw refusal();
  return open(path, flags, 0o666);
}

/** The kernel's word for a link that O_NOFOLLOW does not follow. */
const isLoop = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ELOOP";

const refusal = (): Error => Object.assign(new Error(untrustedLink), { code: "ELOOP" });
