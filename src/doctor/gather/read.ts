import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** The index of all modules of a kernel has half of it. */
const maxBytes = 8 * 2 ** 20;

/** Text of a file of the system, also one whose size is told as 0; undefined where it cannot be read. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      let text = "";
      for await (const chunk of file.createReadStream({ end: maxBytes - 1, autoClose: false })) {
        text += (chunk as Buffer).toString("latin1");
      }
      return text;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
