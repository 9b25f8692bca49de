import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** For files that a disk, if there is one below, would make slow. */
export function memoryFolder() {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > 4 * 2 ** 30) return "/dev/shm";
  } catch {}
  return tmpdir();
}
