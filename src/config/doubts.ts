import { recipientsIn, withoutQuotes } from "../model/mail-address.ts";
import type { ServiceWords } from "../model/service-words.ts";
import type { VirtualService } from "../model/virtual-service.ts";
import type { FileFacts } from "./build/file-facts.ts";
import type { Findings } from "./diagnostics.ts";
import type { DirectiveName } from "./text/directives.ts";
import type { Statement } from "./text/statement.ts";
import { type Draft, diagnose, type VirtualDraft } from "./values/read-settings.ts";

/** What loads as it stands, and surely is not what was meant: a warning each. */
export function tellDoubts(
  { key, reals, ...virtual }: VirtualService,
  draft: VirtualDraft,
  { files, services }: { readonly files: FileFacts; readonly services: ServiceWords },
  findings: Findings,
): void {
  const { settings, head } = draft;
  const warn = (statement: Statement | undefined, message: string) =>
    findings.push(diagnose(statement ?? head, { severity: "warning", message }));
  const at = (name: DirectiveName): Statement | undefined => settings.get(name)?.statement;
  const { checkType } = virtual;
  const isExternal = checkType === "external" || checkType === "external-perl";
  const asksService = checkType === "negotiate" || typeof checkType === "object";
  const word = services.get(virtual.service);

  if (draft.reals.length === 0 && !draft.isDoubtful) {
    const what =
      virtual.fallback === undefined ? "clients are refused" : "only the fallback serves";
    warn(head, `has no real server: ${what}; write real=`);
  }
  if (key.kind === "address") {
    const servicePort = key.endpoint.port;
    const statements = new Map(draft.reals.map(({ statement }) => [statement.line, statement]));
    for (const { endpoint, forwarding, line } of reals) {
      const { port } = endpoint;
      const statement = statements.get(line);
      if (statement === undefined || forwarding === "masq") continue;
      if (port === 0 || servicePort === 0 || port === servicePort) continue;
      // One for a range.
      statements.delete(line);
      const asked = virtual.checkPort === undefined ? `, and the check asks ${port}` : "";
      warn(
        statement,
        `${forwarding} changes no port: clients come to ${servicePort}, the service's${asked}; write the same port, or masq`,
      );
    }
    if (asksService && key.protocol === "udp" && word?.goesWithUdp !== true) {
      const message = `${virtual.service} is asked by TCP, which says nothing of a UDP service`;
      warn(at("service") ?? at("protocol"), message);
    }
  }
  if (asksService && virtual.httpMethod === "HEAD" && word?.hasPages === true) {
    const isWanted =
      virtual.receive !== undefined || reals.some((real) => real.receive !== undefined);
    const message =
      "receive is looked for in the page, and HEAD brings none: its servers stay down";
    if (isWanted) warn(at("httpmethod"), `${message}; take one of the two away`);
  }
  if (isExternal && !settings.has("checkcommand")) {
    const end =
      checkType === "external" ? "which says of every server that it is up" : "no Perl program";
    warn(at("checktype"), `checkcommand is missing, so it is /bin/true, ${end}`);
  }
  const whyNot = isExternal ? files.notRunnable.get(virtual.checkCommand) : undefined;
  if (whyNot !== undefined) {
    const hint = / /.test(virtual.checkCommand) ? " (checkcommand takes no arguments)" : "";
    warn(at("checkcommand"), `${JSON.stringify(virtual.checkCommand)}: ${whyNot}${hint}`);
  }
  tellOfAddresses(at("emailalert"), settings.get("emailalert")?.value, findings);
}

/** The same for what stands outside the virtual services. */
export function tellGlobalDoubts(
  { globals, executes }: Draft,
  files: FileFacts,
  findings: Findings,
): void {
  const warn = (statement: Statement, message: string) =>
    findings.push(diagnose(statement, { severity: "warning", message }));
  const callback = globals.get("callback");
  const whyNot = files.notRunnable.get(String(callback?.value));
  if (callback !== undefined && whyNot !== undefined) {
    const hint = /\s/.test(String(callback.value)) ? " (callback takes no arguments)" : "";
    warn(
      callback.statement,
      `${JSON.stringify(callback.value)}: ${whyNot}${hint}; it is never run`,
    );
  }
  for (const { statement, value } of executes) {
    if (!files.missingInstances.has(String(value))) continue;
    const message = `no configuration ${JSON.stringify(value)} in /etc/ha.d, in /etc/ha.d/conf, or by that path`;
    warn(statement, message);
  }
  const alert = globals.get("emailalert");
  tellOfAddresses(alert?.statement, alert?.value, findings);
}

/** Who is named and gets no mail; or that nobody is. */
function tellOfAddresses(
  statement: Statement | undefined,
  value: unknown,
  findings: Findings,
): void {
  if (statement === undefined || typeof value !== "string") return;
  const warn = (message: string) =>
    findings.push(diagnose(statement, { severity: "warning", message }));
  const recipients = recipientsIn(withoutQuotes(value)).filter((it) =>
    /^[^\s@]+(@[^\s@]+)?$/.test(it),
  );
  const named = value.match(/[^\s,;:"'<>()]+@[^\s,;:"'<>()]+/g) ?? [];
  const lost = named.filter((address) => !recipients.includes(address));
  if (recipients.length === 0) warn(`${JSON.stringify(value)} holds no mail address`);
  else if (lost.length > 0) {
    warn(`${lost.join(", ")} gets no mail; write emailalert=${named.join(", ")}`);
  }
}
