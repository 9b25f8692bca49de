import type { Mail } from "./bench.ts";

/** What the original does not write, or each time another. */
const left = /^(Date|Message-ID|MIME-Version|Content-[\w-]+|User-Agent|X-[\w-]+): /i;

/** Header lines in an order of their own, then the text. */
function text(all: string): string {
  const [head = "", ...body] = all.split(/\n\n+/);
  const headers = head.split("\n").filter((line) => line !== "" && !left.test(line));
  return [...headers.sort(), ...body.join("\n").split("\n")].filter(Boolean).join(" | ");
}

/** By SMTP: one line for each. */
export const smtpLines = (mails: readonly Mail[]): string[] =>
  mails.map((mail) => `from ${mail.from} to ${mail.to.join(" ")}: ${text(mail.text)}`);

/** Given to a mail program, as machine.ts has it write them down. */
export const programLines = (calls: string): string[] =>
  calls
    .split(/^=== /m)
    .slice(1)
    .map((call) => `sendmail ${text(call)}`);

/** Of monitorfiles, without the time and the process. */
export const monitorLines = (files: string): string[] =>
  files.split("\n").map((line) => line.replace(/^\[[^\]]*\] \[[^\]]*\] /, ""));
