/** How each kind of receiver is told. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import type {
  AlertRoute,
  CommandReceiver,
  MailReceiver,
  WebhookReceiver,
} from "../../ini/alert-settings.ts";
import type { Logger } from "../../log/logger.ts";
import type { Mail } from "../../mail/compose.ts";
import { isRefusedForGood, type Refusal, type SmtpServer } from "../../mail/smtp.ts";
import { messageOf } from "../../model/error-text.ts";
import { Secret } from "../../model/secret.ts";
import type { CommandRunner } from "../../programs/runner.ts";
import type { Notice } from "../notice.ts";
import { Rejected } from "./failure.ts";
import type { Send } from "./lane.ts";
import { letterOf } from "./letter.ts";
import { payloadOf, signatureOf } from "./payload.ts";
import type { Post } from "./post.ts";

/** By what anybody is told. A dry run has others. */
export interface Means {
  readonly log: Logger;
  readonly sendMail: (
    server: SmtpServer,
    mail: Mail,
    signal: AbortSignal,
  ) => Promise<readonly Refusal[]>;
  readonly post: (post: Post, signal: AbortSignal) => Promise<void>;
  readonly commands: Pick<CommandRunner, "ask">;
}

export function senderFor(route: AlertRoute, means: Means): Send {
  const { receiver } = route;
  switch (receiver.to) {
    case "mail":
      return byMail(route.name, receiver, means);
    case "webhook":
      return byWebhook(receiver, route.updateMs, means);
    case "command":
      return byCommand(receiver, means);
  }
}

function byMail(alert: string, receiver: MailReceiver, { log, sendMail }: Means): Send {
  const { server: host, port, tls, caFile, login } = receiver;
  return async (notices, signal) => {
    const here = hostname();
    const origin = { hostname: here, user: userName(), at: Date.now(), id: randomUUID() };
    const server: SmtpServer = {
      ...{ host, port, tls, ehloName: here },
      ...(caFile !== undefined && { ca: await readFile(caFile, "utf8") }),
      ...(login && {
        login: { user: login.user, password: await readSecret(login.passwordFile) },
      }),
    };
    try {
      for (const refusal of await sendMail(server, letterOf(notices, receiver, origin), signal)) {
        log.event("alert-recipient-refused", { alert, ...refusal });
      }
    } catch (error) {
      throw isRefusedForGood(error) ? new Rejected(messageOf(error)) : error;
    }
  };
}

function byWebhook(receiver: WebhookReceiver, updateMs: number, { post }: Means): Send {
  const { url, format, secretFile, caFile, timeoutMs } = receiver;
  return async ([notice], signal) => {
    if (notice === undefined) return;
    const body = payloadOf(notice, format, updateMs);
    const secret = secretFile === undefined ? undefined : await readSecret(secretFile);
    const headers = {
      "content-type": "application/json",
      "user-agent": "ldirectord-ng",
      "x-ldirectord-delivery": notice.id,
      ...(secret && signatureOf(body, secret, Math.floor(Date.now() / 1000))),
    };
    await post({ url, body, headers, timeoutMs, ...(caFile !== undefined && { caFile }) }, signal);
  };
}

function byCommand({ command, timeoutMs }: CommandReceiver, { commands }: Means): Send {
  return async ([notice]) => {
    if (notice === undefined) return;
    const ended = await commands.ask({
      command: { kind: "program", argv: [command] },
      timeoutSec: timeoutMs / 1000,
      input: `${JSON.stringify(notice)}\n`,
      environment: environmentOf(notice),
    });
    if (ended === 0) return;
    throw new Error(`${command}: ${typeof ended === "number" ? `exit status ${ended}` : ended}`);
  };
}

const environmentOf = (notice: Notice): Readonly<Record<string, string>> => ({
  ALERT_NAME: notice.alert,
  ALERT_EVENT: notice.event,
  ALERT_ID: notice.id,
  ALERT_INCIDENT: notice.incident,
  ALERT_TOPIC: notice.topic,
  ALERT_SEVERITY: notice.severity,
  ALERT_TITLE: notice.title,
  ALERT_OPENED_AT: notice.openedAt,
  ALERT_OPEN: String(notice.open),
  ALERT_TROUBLES: String(notice.troubles),
});

/** A file that holds more is none for a secret. */
const maxSecretBytes = 4096;

/** Without the line end. Read each time: who changes it needs no reload. */
async function readSecret(path: string): Promise<Secret> {
  const text = await readFile(path, "utf8");
  if (text.length > maxSecretBytes)
    throw new Error(`${path} has more than ${maxSecretBytes} bytes`);
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new Error(`${path} is empty`);
  return new Secret(secret);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid${process.getuid?.() ?? ""}`; // not in passwd(5)
  }
}
