import { createRequire } from "node:module";
import { recipientsIn, senderOf, withoutQuotes } from "../model/mail-address.ts";
import { printable } from "../model/one-line.ts";

/** Most mails are ASCII, and need nothing of it. */
const load = createRequire(import.meta.url);

/** One message and whom it goes to. */
export interface Mail {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** Header and body, lines ended by "\n". */
  readonly message: string;
}

/** Where a mail comes from. */
export interface Origin {
  readonly hostname: string;
  /** Of the system: where nobody names a sender, it is this user at that host. */
  readonly user: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Unique among all mails ever. */
  readonly id: string;
}

export interface Letter {
  /** As written. */
  readonly from: string | undefined;
  /** As written: one address, or several with commas between. */
  readonly to: string;
  readonly subject: string;
  readonly lines: readonly string[];
  /** More of the header. */
  readonly fields?: readonly (readonly [name: string, text: string])[];
  /** A mail program has its own idea of who it works for: without `from` no sender is said. */
  readonly isByProgram?: boolean;
}

export function composeMail(letter: Letter, origin: Origin): Mail {
  const { hostname } = origin;
  const said = letter.from === undefined ? undefined : senderOf(letter.from);
  const sender = said?.address ?? `${origin.user}@${hostname}`;
  const to = withoutQuotes(letter.to);
  const { fields, content } = encodeBody(
    letter.lines.map((line) => `${printable(line)}\n`).join(""),
  );
  const from = said?.header ?? letter.from ?? (letter.isByProgram ? undefined : sender);
  const head = [
    ...(from === undefined ? [] : [header("From", from)]),
    header("To", to),
    header("Subject", letter.subject),
    `Date: ${new Date(origin.at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${origin.id}@${hostname}>`,
    ...(letter.fields ?? []).map(([name, text]) => header(name, text)),
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
  if (isAscii(value)) return `${name}: ${value}`;
  const mime = load("nodemailer/lib/mime-funcs") as typeof import("nodemailer/lib/mime-funcs");
  return `${name}: ${mime.encodeWords(value, "Q", 52)}`;
};

/** RFC 2045 where ASCII is not enough. */
function encodeBody(text: string): {
  readonly fields: readonly string[];
  readonly content: string;
} {
  if (isAscii(text)) return { fields: [], content: text };
  const { encode, wrap } = load("nodemailer/lib/qp") as typeof import("nodemailer/lib/qp");
  return {
    fields: [
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
    ],
    content: wrap(encode(text)).replaceAll("\r\n", "\n"),
  };
}
