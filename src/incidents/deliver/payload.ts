/** What is posted to a webhook, by its format. Pure. */
import { createHmac } from "node:crypto";
import type { WebhookReceiver } from "../../ini/alert-settings.ts";
import type { Secret } from "../../model/secret.ts";
import type { Notice } from "../notice.ts";
import { linesOf } from "../wording.ts";

/** @param repeatMs how long an incident that is open is not told again, at most */
export function payloadOf(
  notice: Notice,
  format: WebhookReceiver["format"],
  repeatMs: number,
): string {
  switch (format) {
    case "json":
      return JSON.stringify({ ...notice, text: linesOf(notice).join("\n") });
    case "slack":
      return JSON.stringify({ text: linesOf(notice).map(escaped).join("\n") });
    case "alertmanager":
      return JSON.stringify([alertOf(notice, repeatMs)]);
  }
}

/** Of a chat that takes `<…>` and `&` for its own. */
const escaped = (line: string): string =>
  line.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char] ?? "");

/** As POST /api/v2/alerts of Alertmanager takes it. An open one ends by itself when nobody tells of it any more. */
function alertOf(notice: Notice, repeatMs: number) {
  const { alert, incident, topic, director, instance, severity, title, openedAt, at, closedAt } =
    notice;
  // Whoever has the same labels is the same alert: severity is none of them, for it may rise.
  const labels = { alertname: "LdirectordIncident", alert, incident, topic, director, instance };
  const [, ...lines] = linesOf(notice);
  const end = notice.event === "test" ? 60_000 : 3 * repeatMs;
  return {
    labels,
    annotations: { severity, summary: title, description: lines.join("\n").trim() },
    startsAt: openedAt,
    endsAt: closedAt ?? new Date(Date.parse(at) + end).toISOString(),
  };
}

/**
 * The headers by which a receiver knows that it was we who sent it, and when.
 * @param atSec epoch seconds
 */
export function signatureOf(body: string, secret: Secret, atSec: number): Record<string, string> {
  const signed = createHmac("sha256", secret.reveal()).update(`${atSec}.${body}`).digest("hex");
  return {
    "x-ldirectord-timestamp": String(atSec),
    "x-ldirectord-signature": `sha256=${signed}`,
  };
}
