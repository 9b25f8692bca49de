export interface CountedMetric<L extends string> {
  readonly name: string;
  readonly type: "counter" | "histogram";
  readonly help: string;
  readonly labels: readonly L[];
}

/** What is counted as it happens, since metrics are on. */
export const countedMetrics = {
  verdicts: {
    name: "ldirectord_verdicts_total",
    type: "counter",
    help: "Verdicts: up, or why not; each once for each virtual service that it counts in.",
    labels: ["check", "result"],
  },
  durations: {
    name: "ldirectord_check_duration_seconds",
    type: "histogram",
    help: "How long checks took that had a verdict; each once for each virtual service that it counts in.",
    labels: ["check", "result"],
  },
  events: {
    name: "ldirectord_events_total",
    type: "counter",
    help: "Events of the log, those below its level, too; all but those for debugging.",
    labels: ["event", "severity"],
  },
} as const;
