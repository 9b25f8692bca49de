/** Messages that tell their length first: no library shall wait for one, or store one, that is too long. */
import { DownNow, maxTotalBytes } from "../stream/dialogue.ts";
import { type Inspect, TooMuch } from "./guard.ts";

/** Messages in one probe, give or take a chunk. Each becomes an object, many times its size. */
const usualFrames = 2048;

export interface Framing {
  /** Bytes that tell the length: this many are enough in any case. */
  readonly maxHeaderBytes: number;
  /** Messages in one probe, when it shall not be thousands. */
  readonly maxFrames?: number;
  /**
   * Bytes of the whole frame that starts with `header`, or undefined when more of it is needed.
   * Throws DownNow for what is no header at all.
   */
  lengthOf(header: Buffer): number | undefined;
  /** Looks at a frame's first byte and its last two, and throws DownNow when they do not go together. */
  checkEnd?(first: number, lastTwo: number): void;
}

/** Watches frames go by. Throws DownNow at the first byte that shows a frame to be wrong or too long. */
export function framesOf(framing: Framing): Inspect {
  const { maxHeaderBytes, maxFrames = usualFrames } = framing;
  let header = Buffer.alloc(0);
  /** Of the frame under way, after its header. */
  let restBytes = 0;
  let frames = 0;
  let first = 0;
  /** The last two bytes of the frame under way, as far as it was seen; big-endian. */
  let lastTwo = 0;
  return (chunk) => {
    // Those of the chunk that brings the last ones are let through: there may be an answer among them.
    if (frames > maxFrames) throw new TooMuch();
    for (let at = 0; at < chunk.length; ) {
      if (restBytes > 0) {
        const passed = chunk.subarray(at, at + restBytes);
        for (const byte of passed.subarray(-2)) lastTwo = ((lastTwo << 8) | byte) & 0xffff;
        at += passed.length;
        restBytes -= passed.length;
        if (restBytes === 0) framing.checkEnd?.(first, lastTwo);
        continue;
      }
      const taken = chunk.subarray(at, at + maxHeaderBytes - header.length);
      const seen = Buffer.concat([header, taken]);
      const length = framing.lengthOf(seen);
      if (length === undefined) {
        header = seen;
        return;
      }
      if (length > maxTotalBytes) throw new DownNow("protocol", `a message of ${length} bytes`);
      frames++;
      first = seen[0] ?? 0;
      // The frame may end within the bytes looked at: those of this chunk pass from their first again.
      restBytes = length - header.length;
      header = Buffer.alloc(0);
    }
  };
}
