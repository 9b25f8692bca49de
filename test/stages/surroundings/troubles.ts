import { type Measure, measureOf } from "../../lab/ha/measure.ts";
import { isAtSpeed, trafficAtPace } from "../../lab/ha/pace.ts";
import type { Pair } from "../../lab/ha/pair.ts";
import { sceneMs } from "./attempt.ts";

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * What clients have of a trouble, with as much traffic as the issue asks for.
 * @param trouble ends once it has begun
 * @param over ends when somebody serves again
 */
export async function measured(
  { traffic }: Pair,
  vip: string,
  trouble: () => Promise<unknown>,
  over: () => Promise<unknown>,
): Promise<Measure> {
  // In the machine a request waits for its processor, too.
  await traffic.begin({ ...trafficAtPace(vip), ...(!isAtSpeed && { timeoutMs: 10_000 }) });
  // Traffic as usual, before and after.
  await pass(2000);
  const troubleAt = Date.now();
  await trouble();
  await over();
  await traffic.untilAnswered(Date.now(), sceneMs);
  await pass(8000);
  await traffic.untilAnswered(Date.now(), sceneMs);
  // TCP asks again after twice the time that it has waited before: as long as the trouble, which is long in the machine.
  return measureOf(await traffic.end(sceneMs), troubleAt);
}

/** In Markdown. */
export function tableOf(rows: ReadonlyMap<string, Measure>): string {
  const lines = [...rows].map(
    ([name, { failed, of, broken, connections, seconds, silenceSeconds }]) =>
      `| ${name} | ${failed} of ${of} | ${broken} of ${connections} | ${seconds} | ${silenceSeconds} |`,
  );
  return [
    "",
    "| trouble | failed requests | broken long connections | seconds | longest silence of one that lives |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}
