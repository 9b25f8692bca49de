import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Verdict } from "../../checks/check.ts";
import type { MonitorSpec } from "../health/plan.ts";
import { events } from "../log/events/events.ts";
import type { LogTap } from "../log/tapped-log.ts";
import { type CountedMetric, countedMetrics } from "./counted-metrics.ts";
import { OwnProcess, processMetrics } from "./own-process.ts";
import { Tally } from "./tally.ts";

/** What is counted as it happens: all else is asked for when somebody wants to see it. */
export interface Counting extends LogTap {
  readonly tally: Tally;
  /** Quick: there may be thousands a second. */
  onVerdict(spec: MonitorSpec, verdict: Verdict, durationMs: number): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  stop(): void;
}

/** Seconds: from a server of this rack to the longest that people wait for one. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Those of one check and one result. */
interface Children {
  readonly duration: Histogram.Internal<"check" | "result">;
  readonly verdicts: Counter.Internal;
}

/** In a register of its own: nothing of ours is in the library's global one. */
export function startCounting(): Counting {
  const register = new Registry();
  const registers = [register];
  const tally = new Tally();
  const verdicts = new Counter({ ...named(countedMetrics.verdicts), registers });
  const duration = new Histogram({ ...named(countedMetrics.durations), buckets, registers });
  const logged = new Counter({ ...named(countedMetrics.events), registers });
  const own = new OwnProcess();
  for (const { name, type, help, read } of processMetrics)
    show(type, { name, help, registers }, () => read(own));
  // From 0 on: of what begins at 1, Prometheus does not see the first.
  const countEvent = new Map(
    Object.entries(events).flatMap(([event, { severity }]) => {
      if (severity === "debug") return [];
      logged.inc({ event, severity }, 0);
      return [[event, logged.labels({ event, severity })] as const];
    }),
  );
  const children = new Map<string, Children>();
  /** By the probe: a label is looked up at its first verdict. */
  const ofProbe = new WeakMap<object, Map<string, Children>>();
  const childrenOf = (spec: MonitorSpec, result: string): Children => {
    const known = ofProbe.get(spec.source)?.get(result);
    if (known !== undefined) return known;
    const check = spec.source.kind === "probe" ? (spec.source.probe.name.split(" ")[0] ?? "") : "";
    const id = `${check} ${result}`;
    const found = children.get(id) ?? {
      duration: duration.labels({ check, result: result === "up" ? "up" : "down" }),
      verdicts: verdicts.labels({ check, result }),
    };
    children.set(id, found);
    const beside = ofProbe.get(spec.source) ?? new Map<string, Children>();
    ofProbe.set(spec.source, beside.set(result, found));
    return found;
  };

  return {
    tally,
    onEvent: (name, values) => {
      countEvent.get(name)?.inc();
      tally.onEvent(name, values);
    },
    onVerdict: (spec, verdict, durationMs) => {
      const of = childrenOf(spec, verdict.up ? "up" : verdict.reason);
      of.duration.observe(durationMs / 1000);
      of.verdicts.inc();
    },
    text: () => register.metrics(),
    stop: () => own.stop(),
  };
}

/** The library takes whatever else it is given for its own. */
const named = <L extends string>({ name, help, labels }: CountedMetric<L>) => ({
  ...{ name, help },
  labelNames: labels,
});

/** Asked for at each scrape. */
function show(
  type: "gauge" | "counter",
  what: { readonly name: string; readonly help: string; readonly registers: Registry[] },
  read: () => number | Promise<number>,
): void {
  if (type === "gauge") {
    new Gauge({
      ...what,
      async collect() {
        const value = await read();
        if (!Number.isNaN(value)) this.set(value);
      },
    });
    return;
  }
  new Counter({
    ...what,
    async collect() {
      const value = await read();
      this.reset();
      this.inc(value);
    },
  });
}
