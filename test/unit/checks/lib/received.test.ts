import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { createReceived } from "../../../../checks/lib/stream/received.ts";

const lines = (text: string): string[] => text.split("\n").map((line) => line.replace(/\r$/, ""));

test("lines come out as they went in, however the bytes were cut", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "\xff", "\0", "\r", "\n") });
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 50 }), (chunks) => {
      const received = createReceived();
      const out: string[] = [];
      for (const chunk of chunks) {
        received.push(Buffer.from(chunk, "latin1"));
        for (let line = received.takeLine(); line !== undefined; line = received.takeLine())
          out.push(line);
      }
      const all = lines(chunks.join(""));
      expect(out).toEqual(all.slice(0, -1));
      expect(received.take(1_000_000).replace(/\r$/, "")).toBe(all.at(-1));
      expect(received.size).toBe(0);
    }),
  );
});

test("bytes taken in pieces join to what was pushed, lines between them or not", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3000 })), fc.nat(5000), (chunks, max) => {
      const received = createReceived();
      let out = "";
      for (const chunk of chunks) {
        received.push(Buffer.from(chunk, "latin1"));
        if (received.size % 2 === 0) out += received.take(max);
      }
      while (received.size > 0) out += received.take(max + 1);
      expect(out).toBe(Buffer.from(chunks.join(""), "latin1").toString("latin1"));
    }),
  );
});

test("a long line that comes byte by byte is searched once, not once a byte", () => {
  let searchedBytes = 0;
  const { indexOf } = Buffer.prototype;
  const spy = vi.spyOn(Buffer.prototype, "indexOf").mockImplementation(function (
    this: Buffer,
    ...args: Parameters<typeof indexOf>
  ) {
    searchedBytes += this.length - Number(args[1]);
    return indexOf.apply(this, args);
  });
  const received = createReceived();
  const byte = Buffer.from("x");
  const bytes = 64 * 1024;
  try {
    for (let count = 0; count < bytes; count++) {
      received.push(byte);
      if (received.takeLine() !== undefined) throw new Error("there is no line yet");
    }
  } finally {
    spy.mockRestore();
  }
  expect(searchedBytes).toBe(bytes);
});
