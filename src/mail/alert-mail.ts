import { encodeWords } from "nodemailer/lib/mime-funcs";
import { encode, wrap } from "nodemailer/lib/qp";
import type { Alerts, DaemonPhase } from "../model/alerts.ts";
import { recipientsIn, senderOf, withoutQuotes } from "../model/mail-address.ts";
import { printable } from "../model/one-line.ts";

/** One message and whom it goes to. */
export interface Mail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** Header and body, lines ended by "\n". */
  readonly message: string;
}

/** Where a mail comes from. */
export interface Origin {
  readonly hostname: string;
  /** Of the system: where the file names no sender, it is this user at that host. */
  readonly user: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Unique among all mails ever. */
  readonly id: string;
}

/** @param text what happened, as the log has it */
export function alertMail(alerts: Alerts, text: string, phase: DaemonPhase, origin: Origin): Mail {
  const { serviceName, comment } = alerts;
  const { hostname } = origin;
  const said = alerts.from === undefined ? undefined : senderOf(alerts.from);
  const sender = said?.address ?? `${origin.user}@${hostname}`;
  const subject = serviceName === undefined ? text : `[${serviceName}] ${text}`;
  const to = withoutQuotes(alerts.to);
  const details = [
    ...(serviceName === undefined ? [] : [`Service name: ${serviceName}`]),
    ...(comment === undefined ? [] : [`Comment: ${comment}`]),
  ];
  const body = [
    `ldirectord host: ${hostname}`,
    `Log-Message: ${subject}`,
    `Daemon-Status: ${phase}`,
    ...(details.length === 0 ? [] : ["", ...details, ""]),
  ];
  const { fields, content } = encodeBody(body.map((line) => `${printable(line)}\n`).join(""));
  // A mail program has its own idea of who it works for.
  const from = said?.header ?? alerts.from ?? (alerts.smtp === undefined ? undefined : sender);
  const head = [
    ...(from === undefined ? [] : [header("From", from)]),
    header("To", to),
    header("Subject", subject),
    `Date: ${new Date(origin.at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${origin.id}@${hostname}>`,
    ...fields,
  ];
  return {
    envelope: { from: sender, to: recipientsIn(to) },
    message: `${head.join("\n")}\n\n${content}`,
  };
}

const isAscii = (text: string): boolean => /^[\t\n -~]*$/.test(text);

/** Plain words stay as they are; RFC 2047 for others. */
const header = (name: string, text: string): string => {
  const value = printable(text);
  return `${name}: ${isAscii(value) ? value : encodeWords(value, "Q", 52)}`;
};

/** RFC 2045 where ASCII is not enough. */
function encodeBody(text: string): {
  readonly fields: readonly string[];
  readonly content: string;
} {
  if (isAscii(text)) return { fields: [], content: text };
  return {
    fields: [
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
    ],
    content: wrap(encode(text)).replaceAll("\r\n", "\n"),
  };
}
