import fc from "fast-check";
import { expect, test } from "vitest";
import { framesOf } from "../../../../checks/lib/database/frames.ts";
import { TooMuch } from "../../../../checks/lib/database/guard.ts";
import { DownNow, maxTotalBytes } from "../../../../checks/lib/stream/dialogue.ts";

/** One byte of length, itself not counted; 255: three more bytes, big-endian, have it. */
const framing = {
  maxHeaderBytes: 4,
  lengthOf(header: Buffer): number | undefined {
    const first = header[0] ?? 0;
    if (first !== 255) return 1 + first;
    return header.length < 4 ? undefined : 4 + header.readUIntBE(1, 3);
  },
};
const frame = (bytes: number): Buffer => {
  const header = bytes < 255 ? [bytes] : [255, bytes >> 16, (bytes >> 8) & 255, bytes & 255];
  // What is in a frame looks like the header of one that is too long.
  return Buffer.concat([Buffer.from(header), Buffer.alloc(bytes, 255)]);
};
const tooLong = Buffer.from([255, 255, 255, 255]);

test("frames pass however they are cut into chunks, and the first that is too long does not", () => {
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.nat(3)), { maxLength: 20 });
  const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 });
  fc.assert(
    fc.property(lengths, cuts, (bytes, sizes) => {
      const good = Buffer.concat(bytes.map(frame));
      const all = Buffer.concat([good, tooLong]);
      const inspect = framesOf(framing);
      let passed = 0;
      try {
        for (let turn = 0; passed < all.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          inspect(all.subarray(passed, passed + size));
          passed += size;
        }
      } catch (error) {
        // The chunk that has the last byte of the bad header.
        expect(error).toBeInstanceOf(DownNow);
        expect(passed).toBeLessThan(all.length);
        return passed <= good.length + 3;
      }
      return false;
    }),
  );
});
test("a frame as long as all that is read passes, one byte more does not", () => {
  const header = (bytes: number): Buffer => frame(bytes).subarray(0, 4);
  expect(() => framesOf(framing)(header(maxTotalBytes - 4))).not.toThrow();
  expect(() => framesOf(framing)(header(maxTotalBytes - 3))).toThrow(DownNow);
});
test("frames without end are too much", () => {
  const inspect = framesOf(framing);
  const many = Buffer.concat(Array.from({ length: 1000 }, () => frame(2)));
  expect(() => {
    for (let turn = 0; turn < 9; turn++) inspect(many);
  }).toThrow(TooMuch);
});
