export interface Content {
  /** Takes as much of `chunk` as there is room for. @returns whether that was all of it */
  push(chunk: Buffer): boolean;
  /** All there is, as latin1: one character a byte. Nothing is kept: afterwards it is empty. */
  take(): string;
}

const firstBytes = 16 * 1024;

/**
 * A page as it comes in. It lies in one buffer that grows, because a server may send it in pieces of one
 * byte, and each would cost a hundred.
 */
export function createContent(maxBytes: number): Content {
  let buffer = Buffer.alloc(0);
  let length = 0;
  return {
    push(chunk) {
      const taken = Math.min(chunk.length, maxBytes - length);
      const needed = length + taken;
      if (needed > buffer.length) {
        const grown = Buffer.allocUnsafe(
          Math.min(maxBytes, Math.max(firstBytes, buffer.length * 2, needed)),
        );
        buffer.copy(grown, 0, 0, length);
        buffer = grown;
      }
      chunk.copy(buffer, length, 0, taken);
      length = needed;
      return taken === chunk.length;
    },
    take() {
      const text = buffer.toString("latin1", 0, length);
      buffer = Buffer.alloc(0);
      length = 0;
      return text;
    },
  };
}
