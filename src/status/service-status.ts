import type { Snapshot } from "./snapshot.ts";

/** One line for `systemctl status`: `2 virtual services, 3 of 4 real servers up, 1 without any`. */
export function serviceStatus({
  services: all,
  reload,
  localFaults,
}: Pick<Snapshot, "services" | "reload" | "localFaults">): string {
  const services = all.filter(({ isLeaving }) => !isLeaving);
  const reals = services.flatMap(({ servers }) => servers.filter(({ role }) => role === "real"));
  const up = reals.filter(({ state }) => state === "up").length;
  const withoutAny = services.filter(({ isFallbackOn }) => isFallbackOn).length;
  const spare = services.filter(({ role }) => role === "spare").length;
  const plural = services.length === 1 ? "" : "s";
  return [
    `${services.length} virtual service${plural}, ${up} of ${reals.length} real servers up`,
    ...(spare === 0 ? [] : [spare === services.length ? "spare" : `spare of ${spare}`]),
    ...(withoutAny > 0 ? [`${withoutAny} without any`] : []),
    ...(localFaults.length > 0
      ? [`local trouble: ${localFaults.map(({ code }) => code).join(" ")}`]
      : []),
    ...(reload === undefined || reload.problems.length === 0
      ? []
      : [`the newest reload ${reload.worked ? "had trouble" : "failed"}: see the log`]),
  ].join(", ");
}
