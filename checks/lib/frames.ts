/** Messages that tell their length first: no library shall wait for one, or store one, that is too long. */
import { DownNow, maxTotalBytes } from "./dialogue.ts";
import { type Inspect, TooMuch } from "./guard.ts";

/** Messages in one probe. Each becomes an object, many times its size. */
const maxFrames = 8192;

export interface Framing {
  /** Bytes that tell the length: this many are enough in any case. */
  readonly maxHeaderBytes: number;
  /**
   * Bytes of the whole frame that starts with `header`, or undefined when more of it is needed.
   * Throws DownNow for what is no header at all.
   */
  lengthOf(header: Buffer): number | undefined;
}

/** Watches frames go by. Throws DownNow at the first byte that shows a frame to be wrong or too long. */
export function framesOf({ maxHeaderBytes, lengthOf }: Framing): Inspect {
  let header = Buffer.alloc(0);
  /** Of the frame under way, after its header. */
  let restBytes = 0;
  let frames = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const skipped = Math.min(restBytes, chunk.length - at);
      at += skipped;
      restBytes -= skipped;
      if (at === chunk.length) return;
      const taken = chunk.subarray(at, at + maxHeaderBytes - header.length);
      const seen = Buffer.concat([header, taken]);
      const length = lengthOf(seen);
      if (length === undefined) {
        header = seen;
        return;
      }
      if (length > maxTotalBytes) throw new DownNow("protocol", `a message of ${length} bytes`);
      if (++frames > maxFrames) throw new TooMuch();
      // The frame may end within the bytes looked at.
      restBytes = length - header.length;
      header = Buffer.alloc(0);
    }
  };
}
