import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Agenda } from "../../../../src/health/probes/agenda.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = () => performance.now();
const agendaOf = () => new Agenda(clock);
const sleeper = (woken: string[], name: string) => ({
  wake: () => woken.push(`${name} ${clock()}`),
});

test("what is due within a fiftieth of a second is woken by one timer, never early", async () => {
  const [agenda, woken] = [agendaOf(), [] as string[]];
  const start = Agenda.timeOf(clock());
  for (const [name, due] of [
    ["a", 981],
    ["b", 999.5],
    ["c", 1000],
    ["d", 1000.1],
  ] as const) {
    agenda.add(Agenda.timeOf(start + due), sleeper(woken, name));
  }
  expect(vi.getTimerCount()).toBe(2);
  await vi.advanceTimersByTimeAsync(2000);
  const at = start + 1000;
  expect(woken).toEqual([`a ${at}`, `b ${at}`, `c ${at}`, `d ${at + 20}`]);
  expect(vi.getTimerCount()).toBe(0);
});

test("who leaves is not woken, and the last one takes the timer along", () => {
  const [agenda, woken] = [agendaOf(), [] as string[]];
  const time = Agenda.timeOf(clock() + 500);
  const [a, b] = [sleeper(woken, "a"), sleeper(woken, "b")];
  agenda.add(time, a);
  agenda.add(time, b);
  agenda.leave(time, a);
  agenda.leave(time, a);
  vi.advanceTimersByTime(1000);
  expect(woken).toEqual([`b ${time}`]);
  agenda.add(time + 2000, a);
  agenda.leave(time + 2000, a);
  expect(vi.getTimerCount()).toBe(0);
});

test("a wait longer than timers can count is kept", async () => {
  const [agenda, woken] = [agendaOf(), [] as string[]];
  const time = Agenda.timeOf(clock() + 3 * 2 ** 31);
  agenda.add(time, sleeper(woken, "a"));
  await vi.advanceTimersByTimeAsync(3 * 2 ** 31 - 20);
  expect(woken).toEqual([]);
  await vi.advanceTimersByTimeAsync(40);
  expect(woken).toEqual([`a ${time}`]);
});
