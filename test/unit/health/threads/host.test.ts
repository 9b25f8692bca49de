import { expect, test } from "vitest";
import { Run } from "../../../../checks/lib/run-signal.ts";
import type { ProbeOutcome } from "../../../../src/health/probes/runner.ts";
import { ThreadHost } from "../../../../src/health/threads/host.ts";
import type { Answers, Orders } from "../../../../src/health/threads/messages.ts";
import { endpoint, realServer, tcp, virtualService } from "../../../support/builders.ts";
import { fine, ScriptedProbe } from "../scripted.ts";

const nothing: Answers = { again: new Float64Array(), outcomes: [], bugs: [], abandoned: 0 };

function hosted() {
  const orders: Orders[] = [];
  const lost: { cause: string; runs: number }[] = [];
  const closed: boolean[] = [];
  let events: { onAnswers: (answers: Answers) => void; onEnd: (cause: string) => void } | undefined;
  const host = new ThreadHost(
    (given) => {
      events = given;
      const close = (isWell: boolean) => void closed.push(isWell);
      return { post: (each) => void orders.push(each), busy: () => 0, close };
    },
    {
      onLost: (cause, runs) => lost.push({ cause, runs }),
      onBug: () => {},
      onAbandoned: () => {},
    },
  );
  const outcomes: ProbeOutcome[] = [];
  const real = realServer("10.0.0.3:80");
  const virtual = virtualService(tcp("10.0.0.1:80"), [real]);
  const spec = {
    ...new ScriptedProbe(fine).spec("p", { target: endpoint("10.0.0.3:80") }),
    source: { virtual, real, demandTls: [] },
  };
  const asker = { onBegun: () => {}, onSettled: (it: ProbeOutcome) => void outcomes.push(it) };
  const ask = (signal = new Run()) => host.ask({ spec, asked: "main", excused: 0, signal }, asker);
  const answer = (more: Partial<Answers> = {}) => events?.onAnswers({ ...nothing, ...more });
  const end = (cause: string) => events?.onEnd(cause);
  return { host, orders, lost, closed, outcomes, ask, answer, end };
}

const looks = (host: ThreadHost, times: number) => {
  for (let i = 0; i < times; i++) host.look();
};

test("a thread that says nothing for ten looks hangs: it is ended, and what it had has no verdict", () => {
  const { host, lost, closed, outcomes, ask, answer } = hosted();
  answer();
  ask();
  looks(host, 9);
  answer();
  looks(host, 9);
  expect(lost).toEqual([]);
  looks(host, 1);
  expect(lost).toEqual([{ cause: "it has said nothing for 10 s", runs: 1 }]);
  expect(closed).toEqual([false]);
  expect(outcomes).toMatchObject([{ kind: "local-fault", code: "thread-lost" }]);
  expect(host.isReady).toBe(false);
});

test("one that loads its checks has a minute for it", () => {
  const { host, lost } = hosted();
  looks(host, 59);
  expect(lost).toEqual([]);
  looks(host, 1);
  expect(lost).toHaveLength(1);
});

test("what it had is settled once, whatever is said after it", () => {
  const { host, outcomes, ask, answer, end, lost } = hosted();
  answer();
  ask();
  end("a bug");
  const outcome: ProbeOutcome = { kind: "verdict", verdict: fine, durationMs: 1 };
  answer({ outcomes: [{ run: 1, lateMs: 0, outcome }] });
  end("it has ended");
  expect(outcomes).toHaveLength(1);
  expect(host.isReady).toBe(false);
  expect(lost).toEqual([{ cause: "a bug", runs: 1 }]);
});

test("a run that was cut short is so, though the thread is lost before it says so", () => {
  const { outcomes, ask, answer, end } = hosted();
  answer();
  const signal = new Run();
  ask(signal);
  signal.abort();
  end("a bug");
  expect(outcomes).toEqual([{ kind: "cut-short" }]);
});

test("all that is asked in one turn goes out in one message", async () => {
  const { orders, ask, answer } = hosted();
  answer();
  ask();
  ask();
  await Promise.resolve();
  expect(orders).toHaveLength(1);
  expect(orders[0]?.learn).toHaveLength(1);
  expect([...(orders[0]?.ask ?? [])]).toEqual([1, 1, 0, 0, 2, 1, 0, 0]);
});
