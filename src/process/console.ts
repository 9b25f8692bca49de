import { writeSync } from "node:fs";

/** All of it, at once: the process may end right after. A reader that is gone is no reason to fail. */
export function print(text: string): void {
  const bytes = Buffer.from(text);
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      // A pipe that somebody made non-blocking, and a slow reader: let it catch up.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
