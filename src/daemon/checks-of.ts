import type { Supervisor } from "../health/supervisor.ts";
import type { Endpoint } from "../model/address.ts";
import type { Beside } from "../status/causes.ts";

/** What is known of a real server's checks, beside what a snapshot has. */
export function checksOf(
  supervisor: Pick<Supervisor, "monitor" | "results">,
  serviceId: string,
  real: Endpoint,
): Beside {
  const monitor = supervisor.monitor(serviceId, real);
  if (monitor === undefined) return { results: [], failureCount: 1 };
  const { failureCount, line, source } = monitor.spec;
  const common = { results: supervisor.results(monitor), failureCount, line };
  switch (source.kind) {
    case "probe":
      return { ...common, check: source.probe.name, intervalMs: source.probe.intervalMs };
    case "adopted":
      return {
        ...common,
        fixed: "checktype=off: nobody asks it, and it stays as the table had it",
      };
    case "fixed":
      return {
        ...common,
        fixed:
          source.state === "up"
            ? "nobody asks it (checktype=on, or there is nothing to ask)"
            : source.reason,
      };
  }
}
