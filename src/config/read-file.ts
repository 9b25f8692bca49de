import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Far beyond any configuration: what is larger is something else. */
const maxBytes = 64 * 1024 * 1024;

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
    if (found.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
