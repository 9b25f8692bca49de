import { expect, test } from "vitest";
import type { Mail } from "../../../src/mail/compose.ts";
import { createMailQueue } from "../../../src/mail/mail-queue.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

const mail = (message: string): Mail => ({ envelope: { from: "", to: [] }, message });

/** A way out that is opened by hand. */
function setUp(limit?: number) {
  const log = memoryLog();
  const sent: string[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const queue = createMailQueue({
    log,
    ...(limit !== undefined && { limit }),
    send: async ({ message }, signal) => {
      const cut = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await Promise.race([gate, cut]);
      if (!signal.aborted) sent.push(message);
    },
  });
  const add = (...names: string[]) => {
    for (const name of names) queue.add(mail(name));
  };
  return { log, sent, open, queue, add };
}

test("mails go one after the other, in order, and the end waits for them", async () => {
  const { log, sent, open, queue, add } = setUp();
  add("a", "b", "c");
  open();
  await queue.stop(5_000);
  expect(sent).toEqual(["a", "b", "c"]);
  expect(log.lines).toEqual([]);
  add("d");
  expect(sent).toHaveLength(3);
});

test("what comes after a pause goes too", async () => {
  const { sent, open, queue, add } = setUp();
  open();
  add("a");
  await expect.poll(() => sent).toEqual(["a"]);
  add("b");
  await expect.poll(() => sent).toEqual(["a", "b"]);
  await queue.stop(0);
});

test("a full queue drops the oldest, says so once, and counts them when it is empty again", async () => {
  const { log, sent, open, queue, add } = setUp(2);
  add("under way", "a", "b", "c", "d");
  expect(log.lines).toEqual(["2 emails wait to be sent: the oldest are dropped"]);
  open();
  await queue.stop(5_000);
  expect(sent).toEqual(["under way", "c", "d"]);
  expect(log.lines.slice(1)).toEqual(["2 emails were not sent: too many were waiting"]);
});

test("a stop does not wait for ever, and counts what it leaves", async () => {
  const { log, sent, queue, add } = setUp();
  add("under way", "a", "b");
  await queue.stop(50);
  expect(sent).toEqual([]);
  expect(log.lines).toEqual(["2 emails were not sent: ldirectord has ended"]);
});
