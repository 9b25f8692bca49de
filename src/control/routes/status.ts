import * as v from "valibot";
import { route } from "../route.ts";

export const statusRoutes = [
  route({
    method: "GET",
    path: "/v1/status",
    summary: "all that the daemon knows, at one moment",
    query: v.strictObject({
      unless: v.optional(
        v.pipe(
          v.string(),
          v.description("the Snapshot-Tag of an answer before: if it is the same still, 204"),
        ),
      ),
    }),
    answer:
      "the snapshot, as src/status/snapshot.ts describes it; its tag is in the header Snapshot-Tag",
    run: async ({ serialSnapshot }, { query }) => {
      const { tag, pieces } = await serialSnapshot();
      if (query.unless === tag) return { kind: "nothing-new" };
      return { kind: "pieces", pieces, type: "application/json", headers: { "Snapshot-Tag": tag } };
    },
  }),
];
