import { expect, test } from "vitest";
import { byClock, readAnnounced } from "../../../src/native/watch.ts";

test("where koffi may not poll, a descriptor is read each millisecond, before each judgement, and not once it is stopped", async () => {
  let reads = 0;
  let onThird = () => {};
  const third = new Promise<void>((resolve) => {
    onThird = resolve;
  });
  const watch = byClock(() => {
    if (++reads === 3) onThird();
  });
  await third;
  const before = reads;
  readAnnounced();
  expect(reads).toBe(before + 1);
  watch.stop();
  readAnnounced();
  expect(reads).toBe(before + 1);
});
