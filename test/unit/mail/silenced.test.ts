import { expect, test } from "vitest";
import { createAlerts } from "../../../src/mail/alerts.ts";
import { Reminders } from "../../../src/mail/reminders.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import { OrderBook } from "../../../src/orders/book.ts";
import { createCommandRunner } from "../../../src/programs/runner.ts";
import type { RowChange } from "../../../src/reconcile/describe.ts";
import { endpoint, realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { drain, maintenance, weight } from "../orders/orders.ts";
import { SetHealth } from "../reconcile/set-health.ts";

const web = tcp("10.0.0.1:80");
const A = "10.0.0.3:80";
const minute = 60_000;
const alerts = { to: "root", smtp: "127.0.0.1", during: ["running"], reminderMs: minute } as const;
const service = virtualService(web, [realServer(A), realServer("10.0.0.4:80")], { alerts });

const lost = (text: string, name: RowChange["name"] = "real-deleted"): RowChange => ({
  name,
  fields: { real: endpoint(text), virtual: web, weight: 0 },
  row: endpoint(text),
  lost: endpoint(text),
});

test.for([
  ["a drain", drain(A), 1],
  ["a maintenance", maintenance(A), 1],
  ["a maintenance of the whole service", maintenance("in 10.0.0.1:80"), 0],
  ["a weight", weight(A, 5), 2],
  ["a drain of somebody else", drain("10.0.0.5:80"), 2],
] as const)("with %s by order the loss of who is out is no mail", async ([, order, mails]) => {
  const log = memoryLog();
  const book = new OrderBook().with(order);
  const sent: unknown[] = [];
  const it = createAlerts({
    log,
    view: new SetHealth(),
    commands: createCommandRunner({ logger: log }),
    sendMail: async (_server, mail) => {
      sent.push(mail);
      return [];
    },
    phase: () => "running",
    isSilenced: (id, real) => book.about(id, real).some(({ kind }) => kind !== "weight"),
  });
  it.onRow(service, lost(A));
  it.onRow(service, lost("10.0.0.4:80"));
  await it.stop(1_000);
  expect(sent).toHaveLength(mails);
  expect(log.all("email-alert")).toHaveLength(mails);
});

// The host was shut down after its drain, as it was meant to be, and mails came of it for a week.
test("nobody is reminded of a server that is drained and down, until it is drained no more", () => {
  const view = new SetHealth();
  const reminders = new Reminders(view);
  const due = (now: number) => reminders.due([service], now).map(({ real }) => real);
  reminders.told(serviceId(web), endpoint(A), A, 0);
  view.set(web, A, "down");
  view.steer(web, A, { kind: "drain", isRemoved: false });
  expect(reminders.untold([service], 0)).toEqual([]);
  expect(due(10 * minute)).toEqual([]);
  view.steer(web, A, { kind: "weight", weight: 5 });
  expect(due(10 * minute)).toEqual([A]);
});
