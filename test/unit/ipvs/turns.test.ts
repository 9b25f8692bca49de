import { afterEach, expect, test, vi } from "vitest";
import { Turns } from "../../../src/ipvs/turns.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("the event loop gets a turn each time that 4 ms are used up, and none before", async () => {
  let now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const turns = new Turns();
  for (const start of [1_000, 1_010]) {
    now = start + 3;
    expect(turns.yieldIfLong()).toBeUndefined();
    now = start + 4;
    let isTurn = false;
    setImmediate(() => {
      isTurn = true;
    });
    const turn = turns.yieldIfLong();
    now = 1_010;
    await turn;
    expect(isTurn).toBe(true);
  }
});
