import type { Mail } from "./rig.ts";

/** What the original does not write, or each time another. */
const left = /^(Date|Message-ID|MIME-Version|Content-[\w-]+|User-Agent|X-[\w-]+): /i;

/** Header lines in an order of their own, then the text. */
function text(all: string): string {
  const [head = "", ...body] = all.split(/\n\n+/);
  const headers = head.split("\n").filter((line) => line !== "" && !left.test(line));
  return [...headers.sort(), ...body.join("\n").split("\n")].filter(Boolean).join(" | ");
}

/** By SMTP: one line for each. @param met is told that the original's sender was left out */
export const smtpLines = (mails: readonly Mail[], met: Set<string>): string[] =>
  mails.map((mail) => `from ${sender(mail, met)} to ${mail.to.join(" ")}: ${text(mail.text)}`);

/** Of the envelope: the original's is always the user that it runs as, ours who the From line names. */
function sender({ from, text }: Mail, met: Set<string>): string {
  const named = /^From: (\S+@\S+?)\s*$/m.exec(text)?.[1];
  if (named === undefined || from !== "<root@director>") return from;
  met.add("mail-sender");
  return `<${named}>`;
}

/** Given to a mail program, as machine.ts has it write them down. */
export const programLines = (calls: string): string[] =>
  calls
    .split(/^=== /m)
    .slice(1)
    .map((call) => `sendmail ${text(call)}`);

/** Of monitorfiles, without the time and the process. */
export const monitorLines = (files: string): string[] =>
  files.split("\n").map((line) => line.replace(/^\[[^\]]*\] \[[^\]]*\] /, ""));
