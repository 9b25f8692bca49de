import type { Ready } from "../daemon/prepare.ts";
import { type MonitorSpec, monitorId } from "../health/plan.ts";
import { formatEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { serviceId } from "../model/virtual-service.ts";
import { added, type Change, changed, removed } from "./change.ts";

type File = Pick<Ready, "config" | "specs">;
type Values = ReadonlyMap<string, string | number>;

/** Who is asked from then on, who no longer, and who is asked something else. What a whole service changes is elsewhere. */
export function checkChanges(before: File, after: File): readonly Change[] {
  const [was, is] = [valuesById(before), valuesById(after)];
  const pairs = new Map([...before.specs, ...after.specs].map((spec) => [spec.id, spec]));
  return [...pairs.values()].flatMap((spec): Change[] => {
    const [old, next] = [was.get(spec.id), is.get(spec.id)];
    const { serviceId: virtual, real } = spec;
    const base = { part: "checks", virtual, real: formatEndpoint(real) } as const;
    if (next === undefined) return [{ ...base, action: "remove", fields: removed(old ?? none) }];
    if (old === undefined) return [{ ...base, action: "add", fields: added(next) }];
    const fields = changed(own(old), own(next));
    return fields.length === 0 ? [] : [{ ...base, action: "change", fields }];
  });
}

const none: Values = new Map();

/** Of one server: what its own line says. */
const own = (values: Values): Values =>
  new Map([...values].filter(([name]) => name === "request" || name === "receive"));

function valuesById({ config, specs }: File): ReadonlyMap<string, Values> {
  const lines = new Map<string, RealServer>(
    config.virtuals.flatMap(({ key, reals }) =>
      reals.toReversed().map((real) => [monitorId(serviceId(key), real.endpoint), real] as const),
    ),
  );
  return new Map(specs.map((spec) => [spec.id, valuesOf(spec, lines.get(spec.id))]));
}

function valuesOf({ source, failureCount }: MonitorSpec, real: RealServer | undefined): Values {
  const line = [
    ...(real?.request === undefined ? [] : [["request", real.request] as const]),
    ...(real?.receive === undefined ? [] : [["receive", real.receive] as const]),
  ];
  switch (source.kind) {
    case "fixed":
      return new Map([["check", `none: always ${source.state}`]]);
    case "adopted":
      return new Map([["check", "none: as the table had it"]]);
    case "probe": {
      const { name, intervalMs, main } = source.probe;
      return new Map<string, string | number>([
        ["check", name],
        ["checkinterval", intervalMs / 1000],
        ["timeout", main.timeoutMs / 1000],
        ["failurecount", failureCount],
        ...line,
      ]);
    }
  }
}
