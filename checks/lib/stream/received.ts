/** Bytes that arrived and nobody took yet, in one buffer that grows as needed: a chunk may be one byte. */
export interface Received {
  readonly size: number;
  push(bytes: Buffer): void;
  /** The next line as latin1, without its LF or CRLF; undefined while its end is missing. */
  takeLine(): string | undefined;
  /** At most `max` bytes as latin1; "" when there are none. */
  take(max: number): string;
}

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);

export function createReceived(): Received {
  let buffer: Buffer = nothing;
  let start = 0;
  let end = 0;
  /** No line feed before here: so each byte is looked at once. */
  let searched = 0;

  const take = (to: number): string => {
    const text = buffer.toString("latin1", start, to);
    start = to;
    searched = Math.max(searched, to);
    return text;
  };
  return {
    get size() {
      return end - start;
    },
    push(bytes) {
      const needed = end - start + bytes.length;
      if (end + bytes.length > buffer.length) {
        const roomy =
          needed > buffer.length ? Buffer.allocUnsafe(Math.max(needed, 2 * buffer.length)) : buffer;
        buffer.copy(roomy, 0, start, end);
        buffer = roomy;
        searched -= start;
        end -= start;
        start = 0;
      }
      bytes.copy(buffer, end);
      end += bytes.length;
    },
    takeLine() {
      const at = buffer.subarray(0, end).indexOf(lineFeed, searched);
      if (at === -1) {
        searched = end;
        return undefined;
      }
      const line = take(at + 1);
      return line.endsWith("\r\n") ? line.slice(0, -2) : line.slice(0, -1);
    },
    take: (max) => take(Math.min(end, start + max)),
  };
}
