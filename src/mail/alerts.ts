import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { Config } from "../config/config.ts";
import type { HealthView } from "../health/view.ts";
import { textOf } from "../log/events/events.ts";
import { formatRowPlace } from "../log/events/fields.ts";
import type { Logger } from "../log/logger.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import type { Alerts, DaemonPhase } from "../model/alerts.ts";
import { messageOf } from "../model/error-text.ts";
import { serviceId, serviceName, type VirtualService } from "../model/virtual-service.ts";
import type { CommandRunner } from "../programs/runner.ts";
import type { RowChange } from "../reconcile/describe.ts";
import { alertMail } from "./alert-mail.ts";
import type { Mail } from "./compose.ts";
import { findMailProgram, listOf, mailPrograms, sendByProgram } from "./mail-program.ts";
import { createMailQueue, type MailQueue } from "./mail-queue.ts";
import { Reminders } from "./reminders.ts";
import type { sendBySmtp } from "./smtp.ts";

export interface MailSettings {
  /** Default: 25. */
  readonly smtpPort?: number;
  /** Instead of those where the original looks. */
  readonly mailProgram?: string;
  /** Default: yes. */
  readonly sendsOriginalMail?: boolean;
}

/** Its mail settings hold until `replace` brings others. */
export interface AlertsOptions extends MailSettings {
  readonly log: Logger;
  readonly commands: CommandRunner;
  readonly sendMail: typeof sendBySmtp;
  readonly view: HealthView;
  readonly phase: () => DaemonPhase;
  /** An operator has this real server out by an order: its loss is no news. Default: none is. */
  readonly isSilenced?: (serviceId: string, real: Endpoint) => boolean;
  /** Another director tells of this service. Default: none does. */
  readonly isSpare?: (serviceId: string) => boolean;
  /** Monotonic, milliseconds. */
  readonly clock?: () => number;
}

/** `emailalert`: tells people by mail what becomes of the real servers and the fallback server. */
export interface EmailAlerts {
  /** A row of `virtual` was changed. */
  onRow(virtual: VirtualService, change: RowChange): void;
  /** These services from now on; who stays down is told of again at the pace of its `checkinterval`. */
  replace(config: Pick<Config, "virtuals" | "checkIntervalMs">, settings?: MailSettings): void;
  /** The end of a first round: tells of servers that are down without ever having lost a row. */
  tellUntold(): void;
  /** Mails that wait, of all queues. */
  waiting(): number;
  /** Waits for the mails under way, at most so long. */
  stop(patienceMs: number): Promise<void>;
}

export function createAlerts(options: AlertsOptions): EmailAlerts {
  const { log, phase, isSilenced = () => false, isSpare = () => false } = options;
  const clock = options.clock ?? (() => performance.now());
  let settings: MailSettings = options;
  const isOn = () => settings.sendsOriginalMail ?? true;
  const programs = () =>
    settings.mailProgram === undefined ? mailPrograms : ([[settings.mailProgram, "-t"]] as const);
  /** One for each mail server, so that a dead one holds up its own mails only; "" is the mail program. */
  const queues = new Map<string, MailQueue>();
  const reminders = new Reminders(options.view);
  let virtuals: readonly VirtualService[] = [];
  let timer: NodeJS.Timeout | undefined;

  const bySmtp = (host: string) => async (mail: Mail, signal: AbortSignal) => {
    const server = { host, port: settings.smtpPort ?? 25 };
    try {
      for (const refusal of await options.sendMail(server, mail, signal)) {
        log.event("email-recipient-refused", { ...refusal });
      }
    } catch (error) {
      log.event("email-smtp-failed", { cause: messageOf(error) });
    }
  };
  const byProgram = async (mail: Mail) => {
    try {
      await sendByProgram(options.commands, programs(), mail);
    } catch (error) {
      log.event("email-failed", { cause: messageOf(error) });
    }
  };
  const queueFor = (smtp = ""): MailQueue => {
    const known = queues.get(smtp);
    if (known !== undefined) return known;
    const queue = createMailQueue({ log, send: smtp === "" ? byProgram : bySmtp(smtp) });
    queues.set(smtp, queue);
    return queue;
  };

  /** What the spare keeps to itself counts as told, by the other: it goes on from there when it becomes active. */
  const tell = ({ key }: VirtualService, alerts: Alerts, text: string) => {
    const now = phase();
    if (!alerts.during.includes(now) || isSpare(serviceId(key))) return;
    log.event("email-alert", { subject: text });
    const origin = { hostname: hostname(), user: userName(), at: Date.now(), id: randomUUID() };
    queueFor(alerts.smtp).add(alertMail(alerts, text, now, origin));
  };
  const tellInaccessible = (virtual: VirtualService, real: string) => {
    const { key, alerts } = virtual;
    if (alerts !== undefined) {
      tell(virtual, alerts, `Inaccessible real server: ${real} (${serviceName(key)})`);
    }
  };

  const remind = () => {
    if (phase() !== "running") return;
    for (const { virtual, real } of reminders.due(virtuals, clock())) {
      tellInaccessible(virtual, real);
    }
  };

  const warnWithoutProgram = async () => {
    if ((await findMailProgram(programs())) !== undefined) return;
    log.event("email-no-program", { sought: listOf(programs()) });
  };

  return {
    onRow(virtual, change) {
      const { alerts } = virtual;
      if (alerts === undefined || !isOn()) return;
      if (change.lost !== undefined && isSilenced(serviceId(virtual.key), change.lost)) return;
      if (change.lost !== undefined) {
        reminders.told(serviceId(virtual.key), change.lost, formatEndpoint(change.row), clock());
      }
      tell(virtual, alerts, subjectOf(change));
    },
    replace({ virtuals: all, checkIntervalMs }, next = settings) {
      settings = next;
      virtuals = all.filter(({ alerts }) => alerts !== undefined && isOn());
      reminders.keep(virtuals);
      clearInterval(timer);
      if (virtuals.length > 0) timer = setInterval(remind, checkIntervalMs);
      if (virtuals.some(({ alerts }) => alerts?.smtp === undefined)) void warnWithoutProgram();
    },
    tellUntold() {
      for (const { virtual, real } of reminders.untold(virtuals, clock())) {
        tellInaccessible(virtual, real);
      }
    },
    waiting: () => [...queues.values()].reduce((sum, queue) => sum + queue.waiting(), 0),
    async stop(patienceMs) {
      clearInterval(timer);
      await Promise.all([...queues.values()].map((queue) => queue.stop(patienceMs)));
    },
  };
}

/** The log's words. The original's mail does not tell a server added with weight 0 from one that loses its weight. */
export const subjectOf = ({ name, fields }: RowChange): string => {
  if (name === "real-quiesced-maintenance" || name === "real-deleted-maintenance") {
    return `Maintenance: ${formatRowPlace(fields.real)} (${serviceName(fields.virtual)})`;
  }
  return textOf(name === "real-readded-quiescent" ? "real-quiesced" : name, fields);
};

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid${process.getuid?.() ?? ""}`; // not in passwd(5)
  }
}
