/** A mail that tells of one notice, or of several. */
import type { MailReceiver } from "../../ini/alert-settings.ts";
import { composeMail, type Mail, type Origin } from "../../mail/compose.ts";
import type { Notice } from "../notice.ts";
import { linesOf } from "../wording.ts";

/** What one mail lists; of the others it says how many. */
const maxListed = 100;

export function letterOf(
  notices: readonly Notice[],
  { from, recipients, digest }: Pick<MailReceiver, "from" | "recipients" | "digest">,
  origin: Origin,
): Mail {
  const [first, ...others] = notices;
  const isAlone = first !== undefined && others.length === 0 && digest === undefined;
  const subject = isAlone ? first.title : summary(notices, digest !== undefined);
  const listed = notices.slice(0, maxListed).flatMap((notice) => ["", ...linesOf(notice)]);
  const more = notices.length - maxListed;
  const lines = isAlone
    ? linesOf(first)
    : [subject, ...listed, ...(more > 0 ? ["", `and ${more} more`] : [])];
  // A reader of mail shows the messages of an incident together.
  const thread = `<${first?.alert}.${first?.incident}@${origin.hostname}>`;
  const fields: [string, string][] = isAlone
    ? [
        ["References", thread],
        ["In-Reply-To", thread],
        ["Auto-Submitted", "auto-generated"],
      ]
    : [["Auto-Submitted", "auto-generated"]];
  return composeMail({ from, to: recipients, subject, lines, fields }, origin);
}

function summary(notices: readonly Notice[], isDigest: boolean): string {
  const counts = (["opened", "updated", "closed"] as const).flatMap((event) => {
    const count = notices.filter((notice) => notice.event === event).length;
    return count === 0 ? [] : [`${count} ${event}`];
  });
  return `${isDigest ? "Digest" : "Too many for a mail each"}: ${counts.join(", ") || "a test"}`;
}
