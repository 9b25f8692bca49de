import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Follower } from "../../../src/role/answers.ts";
import { followAddresses } from "../../../src/role/by-address.ts";

let follower: Follower | undefined;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  follower?.stop();
  vi.useRealTimers();
});

/** A host whose kernel can be asked, or not. */
function host({ opens = true } = {}) {
  const state = {
    own: [Buffer.from([10, 0, 0, 1])] as readonly Buffer[] | undefined,
    opens,
    lists: 0,
    closed: 0,
    change: () => {},
  };
  const told: string[] = [];
  follower = followAddresses(
    (word) => told.push(word.kind === "addresses" ? [...word.own].join(" ") : word.kind),
    (onChange) => {
      if (!state.opens) return undefined;
      state.change = onChange;
      return {
        list: () => {
          state.lists++;
          return state.own;
        },
        close: () => state.closed++,
      };
    },
  );
  return { state, told };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("the addresses are told at once, and again when the kernel tells of a change", async () => {
  const { state, told } = host();
  await pass(0);
  state.own = [Buffer.from("fd000000000000000000000000000001", "hex")];
  state.change();
  await pass(50);
  expect(told).toEqual(["10.0.0.1", "fd00::1"]);
});

test("a storm of changes is listed twenty times a second", async () => {
  const { state } = host();
  for (let i = 0; i < 1_000; i++) {
    state.change();
    await pass(1);
  }
  expect(state.lists).toBeLessThan(25);
});

test("a change that the kernel could not tell is found by looking", async () => {
  const { state, told } = host();
  await pass(0);
  state.own = [];
  await pass(5_000);
  expect(told).toEqual(["10.0.0.1", ""]);
});

test("a kernel that can not be asked once is asked again; for long, nobody knows", async () => {
  const { state, told } = host();
  await pass(0);
  state.own = undefined;
  state.change();
  await pass(50);
  expect(told).toEqual(["10.0.0.1"]);
  await pass(10_000);
  expect(told.at(-1)).toBe("unknown");
  state.own = [];
  await pass(5_000);
  expect(told.at(-1)).toBe("");
});

test("without a descriptor at the start, it is opened later", async () => {
  const { state, told } = host({ opens: false });
  await pass(0);
  expect(told).toEqual(["unknown"]);
  state.opens = true;
  await pass(5_000);
  expect(told.at(-1)).toBe("10.0.0.1");
  follower?.stop();
  expect(state.closed).toBe(1);
});
