import type { Findings } from "../finding.ts";
import type { Conf, Globals, VirtualServer } from "../model.ts";
import { isPrintable, type Line } from "./lines.ts";

export interface Mail {
  /** Global lines of the ldirectord.cf; none when no mail is sent. */
  readonly lines: readonly Line[];
  /** For `[email]` in the ldirectord-ng.ini. */
  readonly smtpPort?: number;
}

/** keepalived sends none without `smtp_server`, and by default one for each change of a real server. */
export function mailOf({ globals, virtuals }: Conf, findings: Findings): Mail {
  const { from, smtpServer } = globals;
  const recipients = globals.recipients.filter((each) => {
    const isAddress =
      /^[^\s@,;:"'<>()#]+(@[^\s@,;:"'<>()#]+)?$/.test(each.value) && isPrintable(each.value);
    if (!isAddress) findings.lost(each, each.what, "it is no mail address");
    return isAddress;
  });
  const [first] = recipients;
  if (first === undefined) return { lines: [] };
  if (
    !virtuals.some((virtual) => virtual.reals.some(({ isAlerting }) => alerts(isAlerting, globals)))
  )
    return { lines: [] };
  if (smtpServer === undefined) {
    const meaning = "keepalived sends no mail without smtp_server; neither does this";
    findings.differs(
      first,
      "notification_email",
      meaning,
      "emailalert=, and smtp= or a local sendmail",
    );
    return { lines: [] };
  }
  const { host, port } = smtpServer.value;
  const isHost = /^[0-9A-Za-z._+-]+$/.test(host);
  if (!isHost) {
    const meaning = "smtp= holds a name or an IPv4 address: the local sendmail takes the mail";
    findings.lost(smtpServer, smtpServer.what, meaning, "smtp= the name of that server");
  }
  const isSayable = (text: string) => /^[^"#]+$/.test(text) && isPrintable(text);
  const sender = from !== undefined && isSayable(from.value) ? from.value : undefined;
  if (from !== undefined && sender === undefined) {
    findings.lost(
      from,
      from.what,
      "emailalertfrom can not hold this",
      "emailalertfrom=lvs@example.org",
    );
  }
  return {
    lines: [
      ["emailalert", recipients.map(({ value }) => value).join(",")],
      ...(sender === undefined ? [] : [["emailalertfrom", sender] as const]),
      ...(isHost ? [["smtp", host] as const] : []),
    ],
    ...(isHost && port !== undefined && port !== 25 && { smtpPort: port }),
  };
}

const alerts = (own: { readonly value: boolean } | undefined, { isAlerting }: Globals): boolean =>
  (own ?? isAlerting)?.value ?? true;

/** Of one virtual service, when there is mail at all. */
export function alertLines(
  virtual: VirtualServer,
  globals: Globals,
  findings: Findings,
): readonly Line[] {
  const silent = virtual.reals.filter(({ isAlerting }) => !alerts(isAlerting, globals));
  if (silent.length === virtual.reals.length) return [["emailalertstatus", "none"]];
  for (const real of silent) {
    const place = real.isAlerting ?? real;
    const meaning = "no mail is sent for this real server; here it is, as for those beside it";
    findings.lost(
      place,
      place.what,
      meaning,
      "emailalertstatus=none silences the whole virtual service",
    );
  }
  return [];
}
