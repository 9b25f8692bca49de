import * as v from "valibot";
import { serviceId } from "../../model/virtual-service.ts";
import { findTarget, pairsOf } from "../../orders/target.ts";
import { type Explanation, explain, explainUnresolved } from "../../status/explain.ts";
import type { Director } from "../director.ts";
import { Refusal, route, value } from "../route.ts";

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
/** A server may be in thousands of services: the first ones tell enough. */
const maxRows = 100;

export const explainRoutes = [
  route({
    method: "GET",
    path: "/v1/explain",
    summary: "why a real server is in, out, or at its weight",
    query: v.strictObject({
      what: v.pipe(
        text,
        v.description("10.0.0.3:80, or 10.0.0.3 for every port, or a name of the file"),
      ),
      virtual: v.optional(v.pipe(text, v.description("only in this virtual service"))),
    }),
    answer:
      "rows: one for each virtual service that it is in, as src/status/explain.ts describes it",
    run: async (director, { query }) => {
      const found = findTarget(query, director.virtuals(), director.addressOf);
      if (found.ok) return value({ version: 1, rows: await explained(director, found.value) });
      const why = warningOf(query.what, director.warnings());
      if (why === undefined) throw new Refusal(404, found.error);
      return value({ version: 1, rows: [explainUnresolved(query.what, why)] });
    },
  }),
];

async function explained(
  director: Director,
  target: Parameters<typeof pairsOf>[0],
): Promise<readonly Explanation[]> {
  const pairs = pairsOf(target, director.virtuals()).slice(0, maxRows);
  const ids = new Set(pairs.map(({ virtual }) => serviceId(virtual.key)));
  const snapshot = await director.snapshotOf(ids);
  return pairs.flatMap(({ virtual, real }) => {
    const service = snapshot.services.find(({ id }) => id === serviceId(virtual.key));
    const server = service?.servers.find(
      ({ role, endpoint }) =>
        role === "real" &&
        endpoint.address === real.endpoint.address &&
        endpoint.port === real.endpoint.port,
    );
    if (service === undefined || server === undefined) return [];
    return [explain(snapshot, service, server, director.checksOf(service.id, real.endpoint))];
  });
}

/** What the file's own warning says of a name that has no address. @param what with its port, or without */
function warningOf(what: string, warnings: readonly string[]): string | undefined {
  const name = what.replace(/:\d+$/, "");
  return warnings.find(
    (warning) => warning.includes(`"${name}": `) && warning.endsWith(" until it can be looked up"),
  );
}
