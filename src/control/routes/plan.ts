import * as v from "valibot";
import { route, value } from "../route.ts";

/** Some 10,000 virtual services. */
const maxFileChars = 4 * 1024 * 1024;
const text = v.pipe(v.string(), v.maxLength(maxFileChars));

export const planRoutes = [
  route({
    method: "POST",
    path: "/v1/plan",
    summary: "what a file would change, were it taken up by a reload now; changes nothing",
    body: v.strictObject({
      path: v.pipe(
        v.string(),
        v.maxLength(4096),
        v.startsWith("/"),
        v.description("what the file is called in what is told of it; it is not read"),
      ),
      cf: v.pipe(text, v.description("the ldirectord.cf")),
      ini: v.optional(
        v.pipe(text, v.description("the ldirectord-ng.ini beside it, if there is one")),
      ),
    }),
    maxBodyBytes: 3 * maxFileChars,
    answer:
      "the plan, as src/plan/plan.ts describes it; 400 with the first mistake of a file that cannot run",
    run: async (director, { body }) => value(await director.plan(body)),
  }),
];
