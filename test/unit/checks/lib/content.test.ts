import fc from "fast-check";
import { expect, test } from "vitest";
import { createContent } from "../../../../checks/lib/http/content.ts";

test("what comes in pieces is one text, up to the limit", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50_000 }), { maxLength: 8 }),
      fc.nat(120_000),
      (pieces, maxBytes) => {
        const content = createContent(maxBytes);
        let total = 0;
        for (const piece of pieces) {
          total += piece.length;
          expect(content.push(Buffer.from(piece))).toBe(total <= maxBytes || piece.length === 0);
        }
        const whole = Buffer.concat(pieces).toString("latin1");
        expect(content.take()).toBe(whole.slice(0, maxBytes));
      },
    ),
    { numRuns: 50 },
  );
});

test("pieces of one byte cost no more than they weigh", () => {
  const maxBytes = 512 * 1024;
  const content = createContent(maxBytes);
  const before = process.memoryUsage().arrayBuffers;
  const byte = Buffer.from("x");
  for (let count = 0; count < maxBytes; count++) content.push(byte);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * maxBytes);
  expect(content.push(byte)).toBe(false);
  expect(content.take()).toBe("x".repeat(maxBytes));
});
