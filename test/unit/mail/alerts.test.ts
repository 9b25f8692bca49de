import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createAlerts, type EmailAlerts } from "../../../src/mail/alerts.ts";
import { findMailProgram } from "../../../src/mail/mail-program.ts";
import { Reminders } from "../../../src/mail/reminders.ts";
import { sendBySmtp } from "../../../src/mail/smtp.ts";
import type { Alerts, DaemonPhase } from "../../../src/model/alerts.ts";
import { serviceId } from "../../../src/model/virtual-service.ts";
import { createCommandRunner } from "../../../src/programs/runner.ts";
import type { RowChange } from "../../../src/reconcile/describe.ts";
import { config, endpoint, realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { SmtpSink } from "../../support/servers/smtp-sink.ts";
import { SetHealth } from "../reconcile/set-health.ts";

const web = tcp("10.0.0.1:80");
const service = (more: Partial<Alerts> = {}) =>
  virtualService(web, [realServer("10.0.0.3:80"), realServer("10.0.0.4:8080")], {
    alerts: {
      to: "root",
      smtp: "127.0.0.1",
      during: ["starting", "running", "stopping", "reloading"],
      reminderMs: 0,
      ...more,
    },
  });
const change = (
  name:
    | "real-added"
    | "real-quiesced"
    | "real-quiesced-maintenance"
    | "real-readded-quiescent"
    | "fallback-added",
  weight: number,
  lost?: string,
): RowChange => ({
  name,
  fields: { real: endpoint("10.0.0.3:80"), virtual: web, weight },
  row: endpoint("10.0.0.3:80"),
  lost: lost === undefined ? undefined : endpoint(lost),
});

let sink: SmtpSink;
let alerts: EmailAlerts | undefined;
beforeEach(async () => {
  sink = await SmtpSink.start();
});
afterEach(async () => {
  await alerts?.stop(0);
  await sink.stop();
});

function setUp(mailProgram?: string) {
  const log = memoryLog();
  const view = new SetHealth();
  let phase: DaemonPhase = "starting";
  let isSpare = false;
  const started = createAlerts({
    log,
    view,
    commands: createCommandRunner({ logger: log }),
    sendMail: sendBySmtp,
    phase: () => phase,
    isSpare: () => isSpare,
    smtpPort: sink.port,
    ...(mailProgram !== undefined && { mailProgram }),
  });
  alerts = started;
  const enter = (next: DaemonPhase) => {
    phase = next;
  };
  const move = (to: "active" | "spare") => {
    isSpare = to === "spare";
  };
  return { log, view, alerts: started, enter, move };
}

test("each change of a row is one mail in the log's words, and is logged", async () => {
  const { log, alerts, enter } = setUp();
  enter("running");
  alerts.onRow(service(), change("real-added", 5));
  alerts.onRow(service({ serviceName: "Shop" }), change("fallback-added", 1));
  await alerts.stop(5_000);
  const added = "Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 5)";
  const fallback = "Added fallback server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 1)";
  expect(sink.subjects).toEqual([added, `[Shop] ${fallback}`]);
  expect(log.lines).toEqual([`emailalert: ${added}`, `emailalert: ${fallback}`]);
  expect(sink.mails[0]?.message).toContain("\nDaemon-Status: running\n");
});

test("a server added with weight 0 is mailed as quiescent, as the original does it", async () => {
  const { alerts } = setUp();
  alerts.onRow(service(), change("real-readded-quiescent", 0));
  alerts.onRow(service(), change("real-quiesced", 0));
  await alerts.stop(5_000);
  const words = "Quiescent real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 0)";
  expect(sink.subjects).toEqual([words, words]);
});

test("nothing is said in a phase that is not asked for, and nothing without emailalert", async () => {
  const { log, alerts, enter } = setUp();
  const wanted = service({ during: ["stopping"] });
  for (const phase of ["starting", "running", "reloading"] as const) {
    enter(phase);
    alerts.onRow(wanted, change("real-added", 5));
  }
  alerts.onRow(virtualService(web, []), change("real-added", 5));
  expect(log.lines).toEqual([]);
  enter("stopping");
  alerts.onRow(wanted, change("real-added", 5));
  await alerts.stop(5_000);
  expect(sink.mails).toHaveLength(1);
});

test("the spare keeps all to itself; active, it tells what comes, and nothing again", async () => {
  const { log, view, alerts, enter, move } = setUp();
  move("spare");
  alerts.replace(config([service()]));
  view.set(web, "10.0.0.3:80", "down");
  view.set(web, "10.0.0.4:8080", "down");
  alerts.onRow(service(), change("real-quiesced", 0, "10.0.0.3:80"));
  alerts.tellUntold();
  enter("running");
  expect(log.lines).toEqual([]);
  move("active");
  alerts.tellUntold();
  expect(log.lines).toEqual([]);
  alerts.onRow(service(), change("real-added", 1));
  move("spare");
  alerts.onRow(service(), change("real-quiesced", 0, "10.0.0.3:80"));
  await alerts.stop(5_000);
  // What was told while it was active still goes out.
  expect(sink.subjects).toEqual(["Added real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 1)"]);
});

test("the new active one reminds of who is down already, at the pace of emailalertfreq", async () => {
  vi.useFakeTimers();
  try {
    const { log, view, alerts, enter, move } = setUp("/bin/true");
    const minutely = service({ reminderMs: 60_000, smtp: "127.0.0.2" });
    enter("running");
    move("spare");
    alerts.replace(config([minutely], { checkIntervalMs: 10_000 }));
    view.set(web, "10.0.0.3:80", "down");
    alerts.onRow(minutely, change("real-quiesced", 0, "10.0.0.3:80"));
    await vi.advanceTimersByTimeAsync(90_000);
    expect(log.all("email-alert")).toEqual([]);
    move("active");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(log.all("email-alert")).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(log.all("email-alert")).toEqual([
      { subject: "Inaccessible real server: 10.0.0.3:80 (10.0.0.1:80)" },
    ]);
  } finally {
    vi.useRealTimers();
  }
});

test("the end of the first round tells of who is down and never had a row to lose", async () => {
  const { view, alerts } = setUp();
  alerts.replace(config([service()]));
  view.set(web, "10.0.0.3:80", "down");
  view.set(web, "10.0.0.4:8080", "down");
  alerts.onRow(service(), change("real-quiesced", 0, "10.0.0.3:80"));
  alerts.tellUntold();
  alerts.tellUntold();
  await alerts.stop(5_000);
  expect(sink.subjects).toEqual([
    "Quiescent real server: 10.0.0.3:80 (10.0.0.1:80) (Weight set to 0)",
    "Inaccessible real server: 10.0.0.4:8080 (10.0.0.1:80)",
  ]);
});

test("a dead mail server is a line in the log for each mail, and holds up no other server's mails", async () => {
  const { log, alerts } = setUp();
  // Nobody listens there.
  alerts.onRow(service({ smtp: "127.0.0.2" }), change("real-added", 1));
  alerts.onRow(service({ smtp: "127.0.0.2" }), change("real-added", 2));
  alerts.onRow(service(), change("real-added", 3));
  await alerts.stop(5_000);
  expect(sink.mails).toHaveLength(1);
  expect(log.all("email-smtp-failed")).toHaveLength(2);
  expect(log.lines.at(-1)).toMatch(/^failed to send SMTP email message: connect ECONNREFUSED/);
});

const minute = 60_000;

test("a server that stays down is told of again at the pace of emailalertfreq", () => {
  const view = new SetHealth();
  const reminders = new Reminders(view);
  const all = [service({ reminderMs: minute })];
  const due = (now: number) => reminders.due(all, now).map((each) => each.real);
  view.set(web, "10.0.0.3:80", "up");
  view.set(web, "10.0.0.4:8080", "down");
  // By the name that the mail of its fall gave it: the row's.
  reminders.told("tcp:10.0.0.1:80", endpoint("10.0.0.4:8080"), "10.0.0.4:80", 0);
  expect(due(59_000)).toEqual([]);
  expect(due(60_000)).toEqual(["10.0.0.4:80"]);
  expect(due(61_000)).toEqual([]);
  expect(due(120_000)).toEqual(["10.0.0.4:80"]);

  view.set(web, "10.0.0.4:8080", "up");
  expect(due(600_000)).toEqual([]);
  view.set(web, "10.0.0.4:8080", "down");
  expect(due(601_000)).toEqual([]);
  expect(due(661_000)).toEqual(["10.0.0.4:8080"]);
});

test("a mail about planned work says so", async () => {
  const { alerts } = setUp();
  const fields = { real: endpoint("10.0.0.3:80"), virtual: web };
  const server = endpoint("10.0.0.3:80");
  const name = "real-deleted-maintenance";
  alerts.onRow(service(), { name, fields, row: server, lost: server });
  alerts.onRow(service(), change("real-quiesced-maintenance", 0));
  await alerts.stop(5_000);
  const words = "Maintenance: 10.0.0.3:80 (10.0.0.1:80)";
  expect(sink.subjects).toEqual([words, words]);
});

test("maintenance is no failure; who is still down after it is told of at the pace of the others", () => {
  const view = new SetHealth();
  const reminders = new Reminders(view);
  const all = [service({ reminderMs: minute })];
  reminders.told(serviceId(web), endpoint("10.0.0.3:80"), "10.0.0.3:80", 0);
  view.hold(web, "10.0.0.3:80");
  expect(reminders.untold(all, 0)).toEqual([]);
  expect(reminders.due(all, 10 * minute)).toEqual([]);
  view.hold(web, "10.0.0.3:80", false);
  expect(reminders.due(all, 10 * minute)).toEqual([]);
  view.set(web, "10.0.0.3:80", "down");
  expect(reminders.due(all, 10 * minute).map((each) => each.real)).toEqual(["10.0.0.3:80"]);
});

test("emailalertfreq=0 is no reminder, and what the file no longer names is forgotten", () => {
  const view = new SetHealth();
  const reminders = new Reminders(view);
  view.set(web, "10.0.0.3:80", "down");
  expect(reminders.untold([service()], 0)).toHaveLength(1);
  expect(reminders.due([service()], 10 * minute)).toEqual([]);
  reminders.keep([service()]);
  expect(reminders.untold([service()], 0)).toEqual([]);
  reminders.keep([]);
  expect(reminders.untold([service()], 0)).toHaveLength(1);
});

test("a site whose mails could not be sent hears of it when the file is loaded, not at the first alert", async () => {
  const { log, alerts } = setUp("/nowhere/sendmail");
  const { smtp: _, ...byProgram } = service().alerts as Alerts;
  alerts.replace(config([virtualService(web, [realServer("10.0.0.3:80")], { alerts: byProgram })]));
  await expect
    .poll(() => log.lines)
    .toEqual([
      "emailalert: there is no mail program (/nowhere/sendmail); install one, or set smtp=",
    ]);
});

test("a mail server makes a mail program unnecessary", async () => {
  const { log, alerts } = setUp("/nowhere/sendmail");
  alerts.replace(config([service()]));
  // As long as it would have taken to find none.
  await findMailProgram([["/nowhere/sendmail"]]);
  expect(log.lines).toEqual([]);
});
