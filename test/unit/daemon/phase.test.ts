import { expect, test } from "vitest";
import { createPhase } from "../../../src/daemon/phase.ts";

/** A round that a test ends. */
function round() {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    done,
    end: () => {
      end();
      return done;
    },
  };
}

test("starting lasts to the end of the first round, and that end is still part of it", async () => {
  const phase = createPhase();
  expect(phase.now()).toBe("starting");
  const first = round();
  let seen: string | undefined;
  phase.begin("starting", first.done, () => {
    seen = phase.now();
  });
  expect(phase.now()).toBe("starting");
  await first.end();
  expect([seen, phase.now()]).toEqual(["starting", "running"]);
});

test("a reload within a round: only the last one's end counts", async () => {
  const phase = createPhase();
  const [first, second] = [round(), round()];
  const ended: string[] = [];
  phase.begin("starting", first.done, () => ended.push("first"));
  phase.begin("reloading", second.done, () => ended.push("second"));
  await first.end();
  expect(phase.now()).toBe("reloading");
  await second.end();
  expect(phase.now()).toBe("running");
  expect(ended).toEqual(["second"]);
});

test("nothing comes after stopping", async () => {
  const phase = createPhase();
  const first = round();
  phase.begin("starting", first.done, () => expect.unreachable());
  phase.beginStopping();
  await first.end();
  phase.begin("reloading", Promise.resolve(), () => expect.unreachable());
  await Promise.resolve();
  expect(phase.now()).toBe("stopping");
});
