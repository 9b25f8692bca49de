import * as v from "valibot";
import { Refusal, route, value } from "../route.ts";

const name = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(100),
  v.description("of its section: ops for [alert ops]"),
);

/** Who is impatient sends no hundred of them. */
const underWay = new Set<string>();

export const alertRoutes = [
  route({
    method: "GET",
    path: "/v1/alerts",
    summary: "who is told of incidents",
    answer:
      "alerts: each with name, to, open (incidents), waiting (messages), and trouble, why the last try failed",
    run: (director) => value({ alerts: director.alerts.now() }),
  }),
  route({
    method: "POST",
    path: "/v1/alerts/test",
    summary: "sends a message that says that it is a test, once, and waits for what becomes of it",
    body: v.strictObject({ alert: name }),
    answer: "sent: whether the receiver took it; cause: why not",
    run: async (director, { body }) => {
      const { alert } = body;
      if (underWay.has(alert)) throw new Refusal(409, `[alert ${alert}] is being tried`);
      underWay.add(alert);
      const sent = await director.alerts.test(alert).finally(() => underWay.delete(alert));
      if (sent === false) throw new Refusal(404, `there is no [alert ${body.alert}]`);
      return value(sent === true ? { sent } : { sent: false, cause: sent });
    },
  }),
];
