import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Some 50,000 virtual services: what is larger is something else. */
const maxMebibytes = 16;

/**
 * A file's bytes. Where a FIFO or a device has taken its place that is an error, at once: to read it could
 * take for ever, and the thread that tries would be lost to everything else.
 */
export async function readRegularFile(path: string): Promise<Buffer> {
  // O_NONBLOCK: opening a FIFO waits for nobody. No effect on a file.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw new Error("it is a directory");
    if (!found.isFile()) throw new Error("it is not a regular file");
    if (found.size > maxMebibytes * 2 ** 20) {
      throw new Error(`it is larger than ${maxMebibytes} MiB, so it is no configuration`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
